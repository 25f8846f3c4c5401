"""The facts of an environment that concern JAX: its devices and the GPUs of the machine.

The environment's own Python runs this file, so it imports nothing of asv-verdict
(asv_verdict/system/environment_facts.py).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any


def facts() -> dict[str, Any]:
    """The GPUs, and the devices on which JAX computes."""
    return {"gpus": known_gpus(), "devices": devices()}


def known_gpus() -> list[dict[str, Any]]:
    """The GPUs that benchmarks.gpu lists; it imports no package."""
    sys.path.append(str(Path(__file__).parents[1]))
    from benchmarks.gpu import gpus

    return gpus()


def devices() -> list[str]:
    """The devices on which JAX computes here."""
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # this query must not reserve GPU memory
    try:
        import jax

        return [f"{device.platform}: {device.device_kind}" for device in jax.devices()]
    except (ImportError, RuntimeError, AssertionError) as error:  # AssertionError: a platform without a plugin
        return [f"none: {str(error) or 'no platform of JAX_PLATFORMS starts'}"]
