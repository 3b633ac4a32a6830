"""Slow, obvious twins of the metrics: plain loops over float64, one channel at a time, variances from deviations.

Nobody may optimise this file. It takes nothing from `upscale_cli`, and NumPy serves as a container only.
"""

import itertools
import math

REACH = 5  # of SSIM's window to each side


def samples(array):
    """Return the channels as lists of rows of floats."""
    array = array if array.ndim == 3 else array[..., None]
    return [[[float(v) for v in row] for row in array[..., c]] for c in range(array.shape[2])]


def mean(values):
    values = list(values)
    return math.fsum(values) / len(values)


def errors(truth, image):
    pairs = zip(truth.ravel(), image.ravel(), strict=True)
    return [float(a) - float(b) for a, b in pairs]


def mae(truth, image):
    return mean(abs(e) for e in errors(truth, image))


def rmse(truth, image):
    return math.sqrt(mean(e * e for e in errors(truth, image)))


def max_error(truth, image):
    return max(abs(e) for e in errors(truth, image))


def psnr(truth, image, peak):
    power = mean(e * e for e in errors(truth, image))
    return 10 * math.log10(peak * peak / power) if power else math.inf


def gaussian():
    """Return the weights of SSIM's window, row by row: sigma 1.5, of sum 1."""
    around = range(-REACH, REACH + 1)
    weights = [math.exp(-(dx * dx + dy * dy) / (2 * 1.5**2)) for dy, dx in itertools.product(around, around)]
    return [w / math.fsum(weights) for w in weights]


def similarity(truth, image, peak):
    """Return the means of SSIM's contrast-structure term and of SSIM, of one channel (Wang et al. 2004, eq. 13)."""
    height, width, weights = len(truth), len(truth[0]), gaussian()
    c1, c2 = (0.01 * peak) ** 2, (0.03 * peak) ** 2
    structures, whole = [], []
    for y, x in itertools.product(range(height - 2 * REACH), range(width - 2 * REACH)):
        one, other = ([v for row in each[y : y + 11] for v in row[x : x + 11]] for each in (truth, image))
        m = math.fsum(w * a for w, a in zip(weights, one, strict=True))
        n = math.fsum(w * b for w, b in zip(weights, other, strict=True))
        moments = [(w, a - m, b - n) for w, a, b in zip(weights, one, other, strict=True)]
        both = math.fsum(w * p * q for w, p, q in moments)
        own = math.fsum(w * (p * p + q * q) for w, p, q in moments)
        structures.append((2 * both + c2) / (own + c2))
        whole.append(structures[-1] * (2 * m * n + c1) / (m * m + n * n + c1))
    return mean(structures), mean(whole)


def ssim(truth, image, peak):
    return mean(similarity(a, b, peak)[1] for a, b in zip(samples(truth), samples(image), strict=True))


def halved(rows):
    """Return the means of 2 x 2 samples; where a side is odd, both begin with their first sample twice (piq 0.8)."""
    height, width = len(rows), len(rows[0])
    before = 1 if height % 2 or width % 2 else 0
    wide = [[row[max(x - before, 0)] for x in range(width + before)] for row in rows]
    wide = [wide[max(y - before, 0)] for y in range(height + before)]
    return [
        [(wide[y][x] + wide[y][x + 1] + wide[y + 1][x] + wide[y + 1][x + 1]) / 4 for x in range(0, len(wide[0]) - 1, 2)]
        for y in range(0, len(wide) - 1, 2)
    ]


def msssim(truth, image, peak):
    figures = []
    for pair in zip(samples(truth), samples(image), strict=True):
        scaled, product = pair, 1.0
        for exponent in (0.0448, 0.2856, 0.3001, 0.2363, 0.1333):
            structure, whole = similarity(*scaled, peak)
            product *= max(whole if exponent == 0.1333 else structure, 0) ** exponent
            scaled = [halved(rows) for rows in scaled]
        figures.append(product)
    return mean(figures)


def gmsd(truth, image, peak):
    """Xue et al. 2014; zeros stand beyond the border of the picture and of the halved one."""

    def magnitudes(rows):
        def at(rows, y, x):
            return rows[y][x] if 0 <= y < len(rows) and 0 <= x < len(rows[0]) else 0.0

        height, width = (len(rows) + 1) // 2, (len(rows[0]) + 1) // 2
        small = [
            [sum(at(rows, 2 * y + i, 2 * x + j) for i in (0, 1) for j in (0, 1)) / 4 for x in range(width)]
            for y in range(height)
        ]
        for y, x in itertools.product(range(height), range(width)):
            across = sum(at(small, y + i, x + 1) - at(small, y + i, x - 1) for i in (-1, 0, 1)) / 3
            down = sum(at(small, y + 1, x + i) - at(small, y - 1, x + i) for i in (-1, 0, 1)) / 3
            yield math.hypot(across, down)

    t, figures = 170 * (peak / 255) ** 2, []
    for one, other in zip(samples(truth), samples(image), strict=True):
        pairs = zip(magnitudes(one), magnitudes(other), strict=True)
        alike = [(2 * m * n + t) / (m * m + n * n + t) for m, n in pairs]
        middle = mean(alike)
        figures.append(math.sqrt(mean((v - middle) ** 2 for v in alike)))
    return mean(figures)


def sharpness(truth, image):
    def energy(array):
        total = []
        for rows in samples(array):
            for y, x in itertools.product(range(len(rows)), range(len(rows[0]))):
                total.append((rows[y][x + 1] - rows[y][x]) ** 2 if x + 1 < len(rows[0]) else 0)
                total.append((rows[y + 1][x] - rows[y][x]) ** 2 if y + 1 < len(rows) else 0)
        return math.fsum(total)

    return energy(image) / energy(truth)
