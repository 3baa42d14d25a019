# SPDX-License-Identifier: MIT
# A person at a terminal: types into a real shell under a pseudo-terminal, presses TAB, and
# reads what stands on the command line then, with the shell's own key for it.
import os
import pty
import select
import time


class Shell:
    """A shell that waits for keys; `show` is the widget that prints the line."""

    def __init__(self, argv, folder, environment, setup):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execvpe(argv[0], argv, environment)
        self.read_until(b"READY> ", start=True)
        for line in setup:
            self.type(line + "\n")
            self.read_until(b"READY> ")

    def type(self, text):
        os.write(self.fd, text.encode())

    def read_until(self, what, start=False, seconds=20):
        seen, end = b"", time.monotonic() + seconds
        while what not in seen:
            if time.monotonic() > end:
                raise SystemExit(f"waited for {what!r}, saw {seen[-2000:]!r}")
            if select.select([self.fd], [], [], 0.1)[0]:
                seen += os.read(self.fd, 65536)
        return seen

    def complete(self, line):
        """What a line becomes by one TAB: as the shell itself would run it."""
        # the second key is bound to print the line between marks, and to empty it
        self.type(line + "\t\x18\x14")
        seen = self.read_until(b"<<END").decode(errors="replace")
        return seen[seen.rindex("LINE<<") + 6 : seen.rindex("<<END")]

    def close(self):
        os.close(self.fd)
        os.waitpid(self.pid, 0)


# What is typed, and what stands there after TAB. {results} are the runs' folders.
CASES = [
    ("sluice desc", "sluice describe "),
    ("sluice run fl", "sluice run flow.yaml "),
    ("sluice run flow.yaml tra", "sluice run flow.yaml train."),
    ("sluice run flow.yaml train.bat", "sluice run flow.yaml train.batch_size="),
    ("sluice run flow.yaml train.optimizer.adam.l", "sluice run flow.yaml train.optimizer.adam.lr="),
    ("sluice run flow.yaml train.precision=float6", "sluice run flow.yaml train.precision=float64 "),
    ("sluice run flow.yaml sample.mod", "sluice run flow.yaml sample.module="),
    ("sluice run flow.yaml sample.module=bis", "sluice run flow.yaml sample.module=bisection "),
    ("sluice run flow.yaml sample.compare=te", "sluice run flow.yaml sample.compare=test "),
    ("sluice run flow.yaml figures=[flow", "sluice run flow.yaml figures=[flow-map"),
    ("sluice run flow.yaml --from-", "sluice run flow.yaml --from-scratch "),
    ("sluice run flow.yaml --sweep train.epo", "sluice run flow.yaml --sweep train.epochs="),
    ("sluice run flow.yaml use.mod", "sluice run flow.yaml use.model="),
    ("sluice run flow.yaml use.model=autoencoder-m", "sluice run flow.yaml use.model=autoencoder-mlp "),
    ("sluice explain flow.yaml train.epo", "sluice explain flow.yaml train.epochs "),
    ("sluice describe bis", "sluice describe bisection "),
    ("sluice show results/fl", "sluice show results/flow/"),
    ("sluice show results/flow/runs/s", "sluice show results/flow/runs/{run}/"),
    ("sluice plot results/flow ro", "sluice plot results/flow roc "),
    ("sluice new x --from swe", "sluice new x --from sweep "),
    ("sluice cache pr", "sluice cache prune "),
    # nothing fits: nothing happens
    ("sluice run flow.yaml nosuch", "sluice run flow.yaml nosuch"),
    ("sluice nosuch x", "sluice nosuch x"),
]


def check(shell, run, quote):
    """quote: what a person has to write before a word with a bracket in it."""
    failures = 0
    for typed, wanted in CASES:
        if "[" in typed:
            typed, wanted = (text.replace(" figures", f" {quote}figures") for text in (typed, wanted))
        got, wanted = shell.complete(typed), wanted.replace("{run}", run)
        got = got.replace("\\", "")  # a shell may quote what needs none
        if got != wanted:
            print(f"FAIL {typed!r}: {got!r}, not {wanted!r}")
            failures += 1
    print(f"{len(CASES)} lines, {failures} failures")
    return failures
