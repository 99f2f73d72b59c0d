"""What a figure depends on: processor, memory, load. Reads /proc; knows no benchmark."""

import os
import platform
from pathlib import Path

# The instructions that decide how fast low precision is.
_FLAGS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8", "amx_tile")


def machine():
    """Describes this machine.

    Returns:
        dict: `processor`, `cores` (those that this process may use), `instructions` (of those that matter here),
        `memory_gb`, `system`, `python`, `load` (programs that ran during the last minute).
    """
    about = _processor(_lines("/proc/cpuinfo"))
    return {
        "processor": about.get("model name", platform.machine()),
        "cores": len(os.sched_getaffinity(0)),
        "instructions": [flag for flag in _FLAGS if flag in about.get("flags", "").split()],
        "memory_gb": _memory_gb(_lines("/proc/meminfo")),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 2),
    }


def in_words(about):
    """Gives the machine in one line."""
    amx = "AMX" if any(flag.startswith("amx") for flag in about["instructions"]) else "no AMX"
    return (
        f"{about['processor']}, {about['cores']} cores, {amx} ({' '.join(about['instructions'])}), "
        f"{about['memory_gb']} GB, {about['system']}, Python {about['python']}"
    )


def is_busy(about):
    """Whether other programs took so much of the machine that figures suffer."""
    return about["load"] > 0.4


def _lines(path):
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []


def _processor(lines):
    """Gives the first processor's entries."""
    about = {}
    for line in lines:
        name, _, value = line.partition(":")
        about.setdefault(name.strip(), value.strip())
    return about


def _memory_gb(lines):
    for line in lines:
        if line.startswith("MemTotal"):
            return round(int(line.split()[1]) / 1024**2, 1)
    return 0.0
