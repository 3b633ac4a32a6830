"""Signatures of kernels, as the linker reads them."""

import pytest

from upscale_cli.jit import linker


@pytest.mark.parametrize("signature", ["void(b1[::1])", "void(f8[:])", "void(u8)", "void(f8[:,:])", "void()"])
def test_signatures_that_no_kernel_has(signature):
    with pytest.raises(ValueError, match="signature"):
        linker.parse(signature)


def test_parse():
    assert linker.parse("void(u1[:,:,::1],i8,f4[::1],f8)") == [("u1", 3), ("i8", 0), ("f4", 1), ("f8", 0)]
