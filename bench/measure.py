# SPDX-License-Identifier: MIT
"""What the measurements share: commands with their times, runs of sluice in folders of their
own, peers in processes of their own, and what the machine is and does meanwhile."""

import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple

CORES = len(os.sched_getaffinity(0))
BENCH = os.path.dirname(os.path.abspath(__file__))


class Failed(Exception):
    """A command that can't be measured; its words."""


class Timing(NamedTuple):
    seconds: float  # by the clock
    processor: float  # of it and of what it started
    peak_mb: float
    output: str
    errors: str


def timed(command, environment=None, discard=False):
    """discard: what it prints goes nowhere, as where that is the work itself."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL if discard else out,
                                   stderr=err, env=os.environ | (environment or {}))
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        for file in out, err:
            file.seek(0)
        output, errors = out.read(), err.read()
        if process.returncode:
            raise Failed(f"{' '.join(command)}: status {process.returncode}: {errors}")
        return Timing(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024,
                      output, errors)


class Run(NamedTuple):
    """One run of an experiment, and what its journal says of its steps."""

    folder: str
    timing: Timing
    journal: list

    def seconds(self, *steps):
        """Of the steps whose names begin with one of these words, together."""
        found = [e["seconds"] for e in self.journal
                 if e["event"] == "step" and e["step"].split()[0] in steps]
        if not found:
            raise Failed(f"{self.folder}/journal.jsonl has no step '{steps[0]}'")
        return sum(found)

    def where_time_goes(self):
        """Seconds by the first word of the steps, and what the steps do not explain."""
        parts = {}
        for event in self.journal:
            if event["event"] == "step":
                word = event["step"].split()[0]
                parts[word] = parts.get(word, 0) + event["seconds"]
        parts["all else"] = max(0.0, self.timing.seconds - sum(parts.values()))
        return parts


def journal(folder):
    with open(os.path.join(folder, "journal.jsonl"), encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


class Place:
    """The programs that were built, and a temporary folder to work in."""

    def __init__(self, build, folder):
        self.build, self.folder, self.count = os.path.abspath(build), folder, 0
        self.program = os.path.join(self.build, "sluice")
        self.kept = {}
        self.last = None  # the last run, unless another command of ours came after it

    def new(self, name):
        """A path that does not exist yet."""
        self.count += 1
        return os.path.join(self.folder, f"{name}-{self.count}")

    def once(self, name, make):
        """What make() returned the first time: set-up that the rounds of a case share."""
        if name not in self.kept:
            self.kept[name] = make()
        return self.kept[name]

    def forget(self):
        """Removes what a case left."""
        self.kept.clear()
        self.last = None
        shutil.rmtree(self.folder)
        os.mkdir(self.folder)

    def sluice(self, *words, environment=None):
        self.last = None
        return timed([self.program, *words], environment)

    def run(self, file, *words, threads=CORES, out=None, environment=None):
        """sluice run with an empty cache, and unless out is told, a folder of its own."""
        out = out or self.new("run")
        timing = self.sluice("run", file, *words, "--quiet", "--threads", str(threads),
                             "--out", out, "--cache", out + ".cache",
                             environment=environment)
        shutil.rmtree(out + ".cache", ignore_errors=True)  # none where all was done
        self.last = Run(out, timing, journal(out))
        return self.last

    def experiment(self, name, text):
        """The path of an experiment that is no file of the tree."""
        path = os.path.join(self.folder, name + ".yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def tool(self, name, *words):
        """A program of bench/: the numbers that it prints."""
        timing = timed([os.path.join(self.build, "bench", name), *map(str, words)])
        return [float(word) for word in timing.output.split()]

    def line_ns(self):
        """What a cache line takes from one core to another and back, as a list: empty where
        there is one core."""
        return self.tool("cores") if CORES > 1 else []

    def start_ms(self, *command, times=40):
        """Median by hyperfine, without a shell."""
        report = self.new("hyperfine")
        timed(["hyperfine", "-N", "--warmup", "2", "--runs", str(times), "--export-json",
               report, subprocess.list2cmdline(command)])
        with open(report, encoding="utf-8") as file:
            return 1000 * json.load(file)["results"][0]["median"]


def peer_command(name, *words):
    return [sys.executable, "-m", f"peers.{name}", *map(str, words)]


def peer_environment(threads):
    """One number of threads for PyTorch and for its BLAS, which does not ask PyTorch."""
    return {"PYTHONPATH": BENCH, "OMP_NUM_THREADS": str(threads),
            "OPENBLAS_NUM_THREADS": str(threads)}


def peer(name, *words, threads=1):
    """A peer of bench/peers: what it says of itself, and its process's time and memory."""
    timing = timed(peer_command(name, *words), peer_environment(threads))
    return json.loads(timing.output.splitlines()[-1]), timing


def peers_at_once(name, words_of_each):
    """Processes of a peer, started together, at one thread: what each says of itself."""
    environment = os.environ | peer_environment(1)
    started = [subprocess.Popen(peer_command(name, *words), stdout=subprocess.PIPE, text=True,
                                env=environment) for words in words_of_each]
    outputs = [process.communicate()[0] for process in started]
    if any(process.returncode for process in started):
        raise Failed(f"{name}: status {[process.returncode for process in started]}")
    return [json.loads(output.splitlines()[-1]) for output in outputs]


def thread_settings():
    """1, 2, 4, ... and all cores."""
    powers = [1 << i for i in range(CORES.bit_length()) if 1 << i < CORES]
    return powers + [CORES]


class Others:
    """What other processes took of the processors since this was made, in cores."""

    def __init__(self):
        self.start, self.busy, self.own = time.perf_counter(), self._busy(), self._own()

    @staticmethod
    def _busy():
        with open("/proc/stat", encoding="ascii") as file:
            fields = [int(word) for word in file.readline().split()[1:9]]
        idle, waiting = fields[3], fields[4]
        return (sum(fields) - idle - waiting) / os.sysconf("SC_CLK_TCK")

    @staticmethod
    def _own():
        usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return sum(u.ru_utime + u.ru_stime for u in usages)

    def cores(self):
        seconds = time.perf_counter() - self.start
        return max(0.0, (self._busy() - self.busy - self._own() + self.own) / seconds)


def data_folder(name):
    """Where `sluice data fetch` puts a data set, or the user's own folder."""
    share = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    folder = os.environ.get("SLUICE_DATA_DIR") or os.path.join(share, "sluice")
    return os.path.join(folder, name)


def cpu():
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        names = [line.split(":", 1)[1].strip() for line in info if "model name" in line]
    return names[0] if names else platform.machine()


def memory_gb():
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9


def system():
    try:
        name = platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        name = platform.system()
    return f"{name}, Linux {platform.release()}"


def first_line(*command):
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stdout.splitlines()[0]


def version_of(program):
    """Its own words, and the commit where there is one."""
    said = first_line(program, "--version")
    try:
        commit = first_line("git", "describe", "--always", "--dirty")
    except (subprocess.CalledProcessError, OSError):
        return said
    return f"{said} ({commit})"


def module_version(name):
    return first_line(sys.executable, "-c", f"import {name}; print({name}.__version__)")
