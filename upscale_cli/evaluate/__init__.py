"""Which method is best, in numbers and in pictures."""
