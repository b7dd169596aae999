# SPDX-License-Identifier: Apache-2.0
"""Programs of the distribution that have no package with debug information, built from its source packages
with -O2 -g, and split as the distribution splits: the program without symbols, its debug information in a file
of its own that is found by build ID, or by name (.gnu_debuglink) where the program has no build ID."""
import glob
import os
import shutil

import packages
from measure import Failed
from packages import run

FLAGS = "-O2 -g"
JOBS = ("nice", "make", "-s", "-j2")


def apt_options():
    """Options for apt with source packages, without a change to the machine's own lists."""
    where = os.path.join(packages.STORE, "apt")
    listed = os.path.join(where, "src.sources")
    options = [
        f"-oDir::Etc::SourceList={listed}",
        "-oDir::Etc::SourceParts=-",
        f"-oDir::State::Lists={where}/lists",
        "-oAPT::Sandbox::User=root",
    ]
    if not os.path.exists(listed):
        os.makedirs(os.path.join(where, "lists/partial"), exist_ok=True)
        with open("/etc/apt/sources.list.d/debian.sources", encoding="utf-8") as f:
            text = f.read().replace("Types: deb\n", "Types: deb-src\n")
        with open(listed, "w", encoding="utf-8") as f:
            f.write(text)
        run("apt-get", *options, "update")
    return options


def fetch(package, where):
    """The newest version that the mirror has; some mirrors lack the sources of security updates."""
    options, why = apt_options(), None
    said = run("apt-cache", *options, "showsrc", package).splitlines()
    for version in [line.split()[1] for line in said[::-1] if line.startswith("Version: ")]:
        try:
            run("apt-get", *options, "source", "--download-only", f"{package}={version}", cwd=where)
            run("dpkg-source", "--no-check", "-x", glob.glob(os.path.join(where, "*.dsc"))[0], "source", cwd=where)
            return
        except Failed as failed:
            why = failed
    raise Failed(f"the source package {package} cannot be had: {why}")


def source(package):
    """Its directory, where it may have been built already."""
    return os.path.join(packages.make(f"src-{package}", lambda where: fetch(package, where)), "source")


def build_id(path):
    notes = run("readelf", "-n", path)
    return notes.split("Build ID:")[1].split()[0] if "Build ID:" in notes else None


def is_program(path):
    if os.path.islink(path) or not os.path.isfile(path):
        return False
    with open(path, "rb") as f:
        return f.read(4) == b"\x7fELF"


def split(path, debug, final):
    """Leaves a program without symbols at 'path', which is to be 'final'; the rest goes below 'debug'."""
    number = build_id(path)
    name = f".build-id/{number[:2]}/{number[2:]}.debug" if number else f"{final[1:]}.debug"
    apart = os.path.join(debug, name)
    os.makedirs(os.path.dirname(apart), exist_ok=True)
    run("objcopy", "--only-keep-debug", path, apart)
    run("objcopy", "--strip-all", path)
    if not number:
        run("objcopy", f"--add-gnu-debuglink={apart}", path)


def redis(where):
    src = os.path.join(source("redis"), "src")
    programs = ("redis-server", "redis-benchmark")
    run(*JOBS, *programs, "MALLOC=libc", "OPTIMIZATION=-O2", "DEBUG=-g", cwd=src)
    for name in programs:
        shutil.copy(os.path.join(src, name), where)


def nginx(where):
    src = source("nginx")
    if not os.path.exists(os.path.join(src, "Makefile")):
        run(
            "./configure",
            "--without-http_rewrite_module",
            f"--with-cc-opt={FLAGS}",
            "--with-ld-opt=-Wl,--build-id=none",
            cwd=src,
        )
    run(*JOBS, cwd=src)
    shutil.copy(os.path.join(src, "objs/nginx"), where)


def postgres(where):
    src = source("postgresql-15")
    if not os.path.exists(os.path.join(src, "config.status")):
        run("./configure", "--without-readline", "--without-zlib", f"CFLAGS={FLAGS}", cwd=src)
    run(*JOBS, "install", f"DESTDIR={where}", cwd=src)


PROGRAMS = {"redis": redis, "nginx": nginx, "postgres": postgres}


def built(name):
    """The directory of a program; its debug information is below 'debug' there."""
    final = os.path.join(os.path.realpath(packages.STORE), f"build-{name}")

    def fill(where):
        PROGRAMS[name](where)
        for path in glob.glob(os.path.join(where, "**"), recursive=True):
            if is_program(path):
                split(path, os.path.join(where, "debug"), final + path[len(where) :])

    return packages.make(f"build-{name}", fill)


def debug_dir(name):
    return os.path.join(built(name), "debug")
