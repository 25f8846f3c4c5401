"""The inverse of a positive definite matrix by LAPACK inside a JAX program, for a CPU.

JAX has LAPACK's Cholesky factor (potrf) but not the inverse from it (potri). Its triangular solve with n right-hand
sides takes three times the operations of potri. A custom call therefore runs SciPy's LAPACK, through a handler of XLA's
foreign function interface. The handler receives bare pointers and waits for nothing. A host callback would receive JAX
arrays instead; according to one report, a callback hung forever on one core.

docs/decisions/lapack-in-jax.md describes the experiment.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable
from functools import cache
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any

import jax
from scipy.linalg import cython_blas, cython_lapack


def by_lapack(matrix: jax.Array, residual: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    """The inverse of a positive definite matrix S, S⁻¹ `residual`, and the diagonal of the Cholesky factor of S.

    Only the lower triangle of `matrix`, shape (n, n), is read, and only the lower triangle of the inverse is correct.
    All results are NaN if the matrix is not positive definite. JAX raises an error if this function is differentiated.
    """
    name = _registered(str(matrix.dtype))
    results = jax.eval_shape(lambda: (matrix, residual, residual))
    ffi_call = _ffi().ffi_call
    if "args" in signature(ffi_call).parameters:  # before 0.4.36
        inverse, solution, diagonal = ffi_call(name, results, matrix, residual)
    else:
        # In place, since nothing else reads the matrix. A batch runs sequentially, as it does before 0.4.36.
        call = ffi_call(name, results, input_output_aliases={0: 0}, vmap_method="sequential")
        inverse, solution, diagonal = call(matrix, residual)
    return inverse, solution, diagonal


def _ffi() -> Any:
    """JAX's foreign function module, under its name in this release."""
    return import_module("jax.ffi" if hasattr(jax, "ffi") else "jax.extend.ffi")  # jax.extend.ffi before 0.5


# --- The handler: XLA_FFI_Handler of xla/ffi/api/c_api.h, in the parts that are unchanged since JAX 0.4.31. ---


def _structure(name: str, **fields: Any) -> type[ctypes.Structure]:
    """A structure of the interface. Each begins with its size and a pointer to extensions."""
    begin = [("struct_size", ctypes.c_size_t), ("extension", ctypes.c_void_p)]
    return type(name, (ctypes.Structure,), {"_fields_": [*begin, *fields.items()]})


Buffer = _structure("Buffer", dtype=ctypes.c_int, data=ctypes.c_void_p, rank=ctypes.c_int64, dimensions=ctypes.c_void_p)
_Buffers = _structure(
    "Buffers", size=ctypes.c_int64, types=ctypes.c_void_p, buffers=ctypes.POINTER(ctypes.POINTER(Buffer))
)
_Version = _structure("Version", major=ctypes.c_int, minor=ctypes.c_int)
CallFrame = _structure(
    "CallFrame",
    api=ctypes.c_void_p,
    context=ctypes.c_void_p,
    stage=ctypes.c_int,
    arguments=_Buffers,
    results=_Buffers,
)


class _Metadata(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_size_t), ("version", _Version)]


class _Extension(ctypes.Structure):
    """The extension of a frame that asks for the version of the interface instead of a computation."""

    _fields_ = [
        ("struct_size", ctypes.c_size_t),
        ("type", ctypes.c_int),
        ("next", ctypes.c_void_p),
        ("metadata", ctypes.POINTER(_Metadata)),
    ]


#: Routines of LAPACK and their numbers of arguments.
_ROUTINES = {"potrf": 5, "potrs": 8, "potri": 5}
_METADATA = 1
_at = ctypes.addressof
_HANDLER = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.POINTER(CallFrame))


@cache
def _registered(dtype: str) -> str:
    """The name of the call in XLA, registered once per process."""
    name = f"autodiff_kernels_factorised_{dtype}"
    _own_version()  # cached here: inside the handler an exception would be lost
    ffi, handler = _ffi(), _HANDLER(made_handler(dtype))
    _kept.append(handler)
    ffi.register_ffi_target(name, ffi.pycapsule(ctypes.cast(handler, ctypes.c_void_p).value), platform="cpu")
    return name


#: C code holds pointers to these objects, so Python must not free them.
_kept: list[object] = []


def made_handler(dtype: str) -> Callable[[Any], None]:
    """The function that XLA calls: (matrix, residual) → (inverse, solution, diagonal of the factor), as pointers."""
    letter = {"float64": "d", "float32": "s"}[dtype]
    item = ctypes.sizeof({"float64": ctypes.c_double, "float32": ctypes.c_float}[dtype])
    potrf, potrs, potri = (routine(cython_lapack, letter + name, count) for name, count in _ROUTINES.items())
    copy = routine(cython_blas, letter + "copy", 5)
    # The lower triangle in XLA's row order is the upper one in LAPACK's column order.
    upper, one = ctypes.c_char(b"U"), ctypes.c_int(1)

    def handle(frame: Any) -> None:
        frame = frame.contents
        if frame.extension and _answered_version(frame):
            return
        matrix, residual = (frame.arguments.buffers[index].contents.data for index in range(2))
        inverse, solution, diagonal = (frame.results.buffers[index].contents.data for index in range(3))
        size, done = ctypes.c_int64.from_address(frame.arguments.buffers[1].contents.dimensions).value, False
        try:
            n, stride, failed = ctypes.c_int(size), ctypes.c_int(size + 1), ctypes.c_int()
            if inverse != matrix:
                ctypes.memmove(inverse, matrix, size * size * item)
            ctypes.memmove(solution, residual, size * item)
            potrf(_at(upper), _at(n), inverse, _at(n), _at(failed))
            copy(_at(n), inverse, _at(stride), diagonal, _at(one))
            if not failed.value:
                potrs(_at(upper), _at(n), _at(one), inverse, _at(n), solution, _at(n), _at(failed))
                potri(_at(upper), _at(n), inverse, _at(n), _at(failed))
                done = True
        finally:
            # An interrupt also ends here; without the NaNs, XLA would take it for success. If it comes microseconds
            # earlier, while the pointers are read, the results still contain arbitrary memory.
            if not done:
                for result, count in ((inverse, size * size), (solution, size), (diagonal, size)):
                    ctypes.memset(result, 0xFF, count * item)  # NaN in either precision

    return handle


def routine(module: Any, name: str, arguments: int) -> Callable[..., None]:
    """A routine of SciPy's BLAS or LAPACK. All arguments are pointers. A call releases Python's global lock."""
    capsule = module.__pyx_capi__[name]
    name_of = ctypes.pythonapi.PyCapsule_GetName
    name_of.restype, name_of.argtypes = ctypes.c_char_p, (ctypes.py_object,)
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)
    return ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * arguments)(pointer(capsule, name_of(capsule)))


def _answered_version(frame: Any) -> bool:
    """If the runtime asks for the version of the interface, answer with its own. Returns whether it asked."""
    extension = ctypes.cast(frame.extension, ctypes.POINTER(_Extension)).contents
    if extension.type != _METADATA:
        return False
    version = extension.metadata.contents.version
    version.major, version.minor = _own_version()
    return True


@cache
def _own_version() -> tuple[int, int]:
    """The version of the interface of the runtime, from the header that is installed with it."""
    header = Path(_ffi().include_dir()) / "xla" / "ffi" / "api" / "c_api.h"
    found = dict(re.findall(r"#define XLA_FFI_API_(MAJOR|MINOR) (\d+)", header.read_text(encoding="utf-8")))
    return int(found["MAJOR"]), int(found["MINOR"])
