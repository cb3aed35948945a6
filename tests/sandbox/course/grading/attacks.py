"""What a hostile notebook may try, as data: its code, and the one protection that it aims at.

The code prints REACHED when it got what it wanted.  `{name}` stands for what the test laid out: a secret, a port, a
process.  A protection is switched off in what the test runs, never in the product, which has no switch for it.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Attack:
    """One way to try it.

    Attributes:
        aims_at: The protection: a key of OPENED in the test.
        code: Python; it says REACHED.
        bounds: What the watcher allows in total, where that is the protection.
        needs_root: Whether only a grader who is root has this protection.
    """

    aims_at: str
    code: str
    bounds: tuple[tuple[str, float], ...] = ()
    needs_root: bool = False


READ = "print('REACHED' if 'CANARY' in open({path}, errors='replace').read() else 'other')"
FORKS = """
import os, time
reading, writing = os.pipe()
for _ in range({count}):
    if not os.fork():
        {work}
        os.write(writing, b'.'); time.sleep(60); os._exit(0)
for _ in range({count}): os.read(reading, 1)
"""
# it stays as long as the test says, which is until somebody ends it
LEAVE = (
    "\ntime.sleep({stay}); print('REACHED', flush=True)\nimport signal; os.kill(-1, signal.SIGKILL)"
)
BURN = """
import os, time
end = time.process_time() + {seconds}
while time.process_time() < end: pass
"""

ATTACKS: dict[str, Attack] = {
    # the facilitator's files
    "read a file by its path": Attack("walls", READ.replace("{path}", "r'{outside}/secret.txt'")),
    "read a file through a link": Attack(
        "walls",
        "import os\nos.symlink(r'{outside}/secret.txt', 'link')\n"
        + READ.replace("{path}", "'link'"),
    ),
    "read a file through a link to its folder": Attack(
        "walls",
        "import os\nos.symlink(r'{outside}', 'dir')\n" + READ.replace("{path}", "'dir/secret.txt'"),
    ),
    "read a file through the root of a process": Attack(
        "walls", READ.replace("{path}", "r'/proc/self/root{outside}/secret.txt'")
    ),
    "read a file with another program": Attack(
        "walls",
        "import subprocess\nout = subprocess.run(['cat', r'{outside}/secret.txt'], capture_output=True).stdout\n"
        "print('REACHED' if b'CANARY' in out else 'other')",
    ),
    "list what others handed in": Attack(
        "walls",
        "import os\nprint('REACHED' if 'secret.txt' in os.listdir(r'{outside}') else 'other')",
    ),
    "look for secrets everywhere": Attack(
        "walls",
        "import glob\nprint('REACHED' if glob.glob('/var/tmp/connectathon-red-*/secret.txt') else 'other')",
    ),
    "read who has an account": Attack("walls", "open('/etc/passwd').read(); print('REACHED')"),
    "read the settings of the machine": Attack(
        "walls", "open('/etc/hostname').read(); print('REACHED')"
    ),
    "look at the hardware": Attack(
        "walls", "import os\nos.listdir('/sys/class'); print('REACHED')"
    ),
    "read what else stands in the checkout": Attack(
        "walls", "open(r'{checkout}/pyproject.toml').read(); print('REACHED')"
    ),
    "talk to a service by its socket": Attack(
        "walls",
        "import socket\ns = socket.socket(socket.AF_UNIX); s.connect(r'{outside}/service'); print('REACHED')",
    ),
    # writing outside
    "make a file": Attack(
        "writing", "open(r'{outside}/new.txt', 'w').write('x'); print('REACHED')"
    ),
    "add to a file": Attack(
        "writing", "open(r'{outside}/log.txt', 'a').write('x'); print('REACHED')"
    ),
    "remove a file": Attack(
        "writing", "import os\nos.remove(r'{outside}/doomed.txt'); print('REACHED')"
    ),
    "rename a folder": Attack(
        "writing", "import os\nos.rename(r'{outside}/folder', r'{outside}/moved'); print('REACHED')"
    ),
    # the network
    "call a service on loopback": Attack(
        "network",
        "import socket\nsocket.create_connection(('127.0.0.1', {port}), 2); print('REACHED')",
    ),
    "call a service by a name in memory": Attack(
        "network",
        "import socket\ns = socket.socket(socket.AF_UNIX); s.connect('\\0{abstract}'); print('REACHED')",
    ),
    "fetch a page": Attack(
        "network",
        "import urllib.error, urllib.request\n"
        "try:\n    urllib.request.urlopen('http://127.0.0.1:{port}/', timeout=1)\n"
        "except (urllib.error.HTTPError, TimeoutError): print('REACHED')",
    ),
    "take a port that the facilitator's browser would ask": Attack(
        "network",
        "import socket\ns = socket.socket()\n"
        "try:\n    s.bind(('127.0.0.1', {port})); print('alone')\n"
        "except OSError: print('REACHED')",
    ),
    # other processes
    "see the grader": Attack(
        "processes", "import os\nprint('REACHED' if os.path.exists('/proc/{grader}') else 'other')"
    ),
    "read what somebody typed": Attack(
        "processes",
        "import pathlib\nlines = [p.read_bytes() for p in pathlib.Path('/proc').glob('[0-9]*/cmdline')]\n"
        "print('REACHED' if any(b'{typed}'[::-1] in line for line in lines) else 'other')",
    ),
    "go on when the grading has ended": Attack(
        "processes",
        "import os, time\nif os.fork():\n    os._exit(0)\nos.setsid()\nif os.fork():\n    os._exit(0)\n"
        "time.sleep(0.7)\nprint('REACHED', flush=True)",
    ),
    "share memory with the facilitator's programs": Attack(
        "memory of others",
        "import ctypes\nprint('REACHED' if ctypes.CDLL(None).shmget({key}, 0, 0) >= 0 else 'other')",
    ),
    # what the environment holds
    "read the environment": Attack(
        "environment", "import os\nprint('REACHED' if 'CANARY_TOKEN' in os.environ else 'other')"
    ),
    "read the environment of the process": Attack(
        "environment", READ.replace("{path}", "'/proc/self/environ'")
    ),
    "let another program tell the environment": Attack(
        "environment",
        "import subprocess\nprint('REACHED' if b'CANARY' in subprocess.run(['env'], capture_output=True).stdout else 'other')",
    ),
    # rights
    "be root": Attack(
        "user", "import os\nassert os.geteuid() == 0; print('REACHED')", needs_root=True
    ),
    "become root again": Attack(
        "user", "import os\nos.setuid(0); print('REACHED')", needs_root=True
    ),
    "become another user": Attack(
        "user", "import os\nos.setuid(12345); print('REACHED')", needs_root=True
    ),
    "keep the groups of root": Attack(
        "user",
        "import os\nassert 0 in (*os.getgroups(), os.getegid()); print('REACHED')",
        needs_root=True,
    ),
    "keep a capability": Attack(
        "user",
        "caps = [l.split()[1] for l in open('/proc/self/status') if l.startswith('CapEff')]\n"
        "assert int(caps[0], 16); print('REACHED')",
        needs_root=True,
    ),
    "change the settings of the kernel": Attack(
        "user and kernel",
        "open('/proc/sys/kernel/core_pattern', 'r+').close(); print('REACHED')",
        needs_root=True,
    ),
    # limits of a process
    "take all memory at once": Attack(
        "memory", "import mmap\nmmap.mmap(-1, 6 << 30); print('REACHED')"
    ),
    "write one huge file": Attack(
        "file_bytes", "f = open('huge', 'wb'); f.truncate(1 << 30); print('REACHED')"
    ),
    "write one huge file in memory": Attack(
        "file_bytes", "import os\nos.ftruncate(os.memfd_create('x'), 1 << 30); print('REACHED')"
    ),
    "lift the limit": Attack(
        "file_bytes",
        "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (1 << 40, 1 << 40)); print('REACHED')",
    ),
    "start many processes": Attack(
        "processes of a user",
        FORKS.replace("{count}", "300").replace("{work}", "pass") + LEAVE,
    ),
    "start many threads": Attack(
        "processes of a user",
        "import os, threading, time\nend = threading.Event()\n"
        "for _ in range(300): threading.Thread(target=end.wait, daemon=True).start()\nprint('REACHED', flush=True)\nos._exit(0)",
    ),
    "compute for ever": Attack(
        "cpu_seconds", BURN.replace("{seconds}", "1.6") + "print('REACHED')"
    ),
    # places in memory
    "fill the temporary files": Attack(
        "temporary",
        "for n in range(4): open(f'/tmp/{n}', 'wb').write(bytes(20 << 20))\nprint('REACHED')",
    ),
    "fill the shared memory": Attack(
        "temporary",
        "for n in range(4): open(f'/dev/shm/{n}', 'wb').write(bytes(20 << 20))\nprint('REACHED')",
    ),
    # everything together, each within its own limit
    "many processes together": Attack(
        "watcher",
        FORKS.replace("{count}", "30").replace("{work}", "pass") + LEAVE,
        (("processes", 20),),
    ),
    "much memory together": Attack(
        "watcher",
        FORKS.replace("{count}", "4").replace("{work}", "x = bytearray(b'x' * (50 << 20))") + LEAVE,
        (("memory", 100 << 20),),
    ),
    "much memory in files without a name": Attack(
        "watcher",
        "import os, time\nfor n in range(6): os.write(os.memfd_create(str(n)), bytes(20 << 20))"
        + LEAVE,
        (("memory", 90 << 20),),
    ),
    "many large files": Attack(
        "watcher",
        "import os, time\nfor n in range(6): open(str(n), 'wb').write(bytes(5 << 20))" + LEAVE,
        (("disk", 20 << 20),),
    ),
    "a file that was removed and stays open": Attack(
        "watcher",
        "import os, time\nf = open('x', 'wb'); os.remove('x'); f.write(bytes(30 << 20)); f.flush()"
        + LEAVE,
        (("disk", 20 << 20),),
    ),
    "large files where nobody may look": Attack(
        "watcher",
        "import os, time\nos.mkdir('d')\nfor n in range(6): open(f'd/{n}', 'wb').write(bytes(5 << 20))\nos.chmod('d', 0)"
        + LEAVE,
        (("disk", 20 << 20),),
    ),
    "very many files": Attack(
        "watcher",
        "import os, time\nfor n in range(400): open(str(n), 'w').close()" + LEAVE,
        (("files", 200),),
    ),
    "compute in many processes": Attack(
        "watcher",
        FORKS.replace("{count}", "3").replace(
            "{work}", "exec('while time.process_time() < 0.5 + {stay}: pass')"
        )
        + LEAVE,
        (("cpu", 0.6),),
    ),
    "compute in processes that end": Attack(
        "watcher",
        "import os, subprocess, sys, time\n"
        "for _ in range(3): subprocess.run([sys.executable, '-c', 'import time\\nwhile time.process_time() < 0.5 + {stay}: pass'])"
        + LEAVE,
        (("cpu", 0.8),),
    ),
    "compute behind the back": Attack(
        "watcher",
        "import os, time\nif not os.fork():\n    os.setsid()\n    if not os.fork():\n"
        "        while time.process_time() < 0.5 + {stay}: pass\n    os._exit(0)" + LEAVE,
        (("cpu", 0.5),),
    ),
}
