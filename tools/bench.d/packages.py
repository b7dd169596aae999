# SPDX-License-Identifier: Apache-2.0
"""Files of the distribution's packages, unpacked below the output directory, each group of packages once:
nothing is installed, so that the machine stays as it is, and a program has the version that its file of debug
information is of."""
import fcntl
import glob
import os
import shutil
import subprocess

import host
from measure import Failed

STORE = os.path.join(host.BUILD, "bench", "packages")
GROUPS = {
    "llvm": ("libllvm14",),
    "libc": ("libc6", "libc6-dbg"),
    "python": ("python3.11-minimal", "libpython3.11-minimal", "libpython3.11-stdlib", "python3.11-dbg"),
    "openjdk": ("openjdk-17-jre-headless", "openjdk-17-dbg"),
}


def run(*argv, **how):
    with subprocess.Popen(
        argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **how
    ) as p:
        said, _ = p.communicate()
    if p.returncode:
        last = said.strip().splitlines()[-1:]
        raise Failed(f"{' '.join(argv[:3])}: exit status {p.returncode}: {' '.join(last)}")
    return said


def make(name, fill):
    """The directory of that name, which fill(directory) fills at first need; never half of it."""
    where = os.path.join(STORE, name)
    half = where + ".new"
    os.makedirs(STORE, exist_ok=True)
    with open(where + ".lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.path.isdir(where):
            return where
        shutil.rmtree(half, ignore_errors=True)
        os.mkdir(half)
        try:
            fill(half)
            os.rename(half, where)
        finally:
            shutil.rmtree(half, ignore_errors=True)
    return where


def unpack(group, where):
    archives = os.path.join(where, "archives")
    os.mkdir(archives)
    run("apt-get", "-q", "download", *GROUPS[group], cwd=archives)
    for archive in glob.glob(os.path.join(archives, "*.deb")):
        run("dpkg-deb", "-x", archive, where)
    shutil.rmtree(archives)


def unpacked(group):
    """The root directory of a group's packages."""
    return make(group, lambda where: unpack(group, where))


def find(group, pattern):
    """One file of a group."""
    found = sorted(glob.glob(os.path.join(unpacked(group), pattern)))
    if not found:
        raise Failed(f"the packages {' '.join(GROUPS[group])} have no {pattern}")
    return os.path.realpath(found[0])


def debug_dir(group):
    return os.path.join(unpacked(group), "usr/lib/debug")
