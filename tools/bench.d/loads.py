# SPDX-License-Identifier: Apache-2.0
"""Programs under load, on the loopback interface alone: each is a context that gives the process to be
profiled (its children belong to it), and leaves nothing behind."""
import contextlib
import os
import shutil
import socket
import subprocess
import threading
import time

import builds
import packages
from measure import Failed

WORK = 120  # seconds; whatever is not stopped ends by itself
NOBODY = 65534


@contextlib.contextmanager
def process(argv, **how):
    with open(os.devnull, "w", encoding="ascii") as nothing, subprocess.Popen(
        ["timeout", "--foreground", str(WORK), *argv], stdin=subprocess.DEVNULL, stdout=nothing, stderr=nothing, **how
    ) as p:
        try:
            yield p
        finally:
            p.terminate()


def child_of(p):
    """The program that timeout(1) runs."""
    for _ in range(100):
        with open(f"/proc/{p.pid}/task/{p.pid}/children", encoding="ascii") as f:
            children = f.read().split()
        if children:
            return int(children[0])
        time.sleep(0.05)
    raise Failed(f"{p.args[3]}: did not start")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def await_port(port):
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise Failed(f"nothing answers at port {port}")


@contextlib.contextmanager
def script(argv, **how):
    """A program that is its own load; it has begun when it is profiled."""
    with process(argv, **how) as p:
        pid = child_of(p)
        time.sleep(2)
        if p.poll() is not None:
            raise Failed(f"{' '.join(argv)}: ended with status {p.returncode}")
        yield pid


@contextlib.contextmanager
def redis(scratch):
    where, port = builds.built("redis"), str(free_port())
    server = [os.path.join(where, "redis-server"), "--bind", "127.0.0.1", "--port", port, "--save", "", "--dir", scratch]
    load = [os.path.join(where, "redis-benchmark"), "-p", port, "-q", "-l", "-c", "8", "-r", "100000", "-d", "100"]
    with process(server) as p:
        await_port(int(port))
        with process([*load, "-t", "set,get,incr,lpush,lrange_100,sadd,hset,zadd,mset"]):
            time.sleep(1)
            yield child_of(p)


NGINX = """daemon off;
worker_processes 1;
pid {scratch}/nginx.pid;
error_log /dev/null;
user root;
events {{ }}
http {{
	access_log off;
	client_body_temp_path {scratch}/body; proxy_temp_path {scratch}/proxy; fastcgi_temp_path {scratch}/fastcgi;
	uwsgi_temp_path {scratch}/uwsgi; scgi_temp_path {scratch}/scgi;
	keepalive_requests 1000000000;
	gzip on; gzip_types *; gzip_min_length 1;
	server {{ listen 127.0.0.1:{port}; root {scratch}/www; autoindex on; }}
}}
"""


def read_all(s):
    with contextlib.suppress(OSError):
        while s.recv(1 << 16):
            pass


def ask_again(port, path, over):
    """Requests one behind the other; another thread reads what is answered, so that neither side waits."""
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n".encode() * 16
    while not over.is_set():
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5) as s:
            reader = threading.Thread(target=read_all, args=(s,))
            reader.start()
            with contextlib.suppress(OSError):
                while not over.is_set():
                    s.sendall(request)
            s.shutdown(socket.SHUT_RDWR)
            reader.join()


@contextlib.contextmanager
def nginx(scratch):
    where, port = builds.built("nginx"), free_port()
    www, conf = os.path.join(scratch, "www"), os.path.join(scratch, "nginx.conf")
    os.makedirs(www, exist_ok=True)
    for n in range(50):
        with open(os.path.join(www, f"{n}.txt"), "w", encoding="ascii") as f:
            f.write("".join(f"line {i} of {n}\n" for i in range(20 * n)))
    with open(conf, "w", encoding="ascii") as f:
        f.write(NGINX.format(scratch=scratch, port=port))
    over = threading.Event()
    threads = [threading.Thread(target=ask_again, args=(port, path, over)) for path in ("/", "/40.txt", "/none", "/1.txt")]
    with process([os.path.join(where, "nginx"), "-p", scratch, "-c", conf]) as p:
        await_port(port)
        for t in threads:
            t.start()
        try:
            time.sleep(1)
            yield child_of(p)
        finally:
            over.set()
            for t in threads:
                t.join()


@contextlib.contextmanager
def postgres(scratch):
    where, port = os.path.join(builds.built("postgres"), "usr/local/pgsql"), str(free_port())
    home = os.path.join(scratch, "postgres")
    os.makedirs(home)
    for path in (scratch, os.path.dirname(scratch)):
        os.chmod(path, 0o711)
    os.chown(home, NOBODY, NOBODY)
    how = {
        "user": NOBODY,
        "group": NOBODY,
        "extra_groups": [],
        "env": {"LD_LIBRARY_PATH": f"{where}/lib", "PATH": f"{where}/bin:/usr/bin:/bin", "LC_ALL": "C", "PGUSER": "bench"},
        "cwd": home,
    }
    data = os.path.join(home, "data")
    packages.run("initdb", "-D", data, "-U", "bench", "-A", "trust", "-N", **how)
    to = ("-h", "127.0.0.1", "-p", port)
    with process([f"{where}/bin/postgres", "-D", data, *to, "-k", home, "-F"], **how) as p:
        await_port(int(port))
        packages.run("pgbench", "-i", "-s", "5", "-q", *to, "postgres", **how)
        with process([f"{where}/bin/pgbench", "-c", "4", "-T", str(WORK), *to, "postgres"], **how):
            time.sleep(2)
            yield child_of(p)


PYTHON = """import collections, hashlib, json, re, sqlite3, zlib
while True:
    rows = [{"n": n, "text": "x" * (n % 50), "deep": [n, {"m": n / 3}]} for n in range(2000)]
    text = json.dumps(rows)
    assert json.loads(text)[5]["n"] == 5
    words = collections.Counter(re.findall(r"[a-z]+|\\\\d+", text))
    hashlib.sha256(zlib.compress(text.encode())).hexdigest()
    sorted(words.items(), key=lambda item: (-item[1], item[0]))
    "".join(str(n ** 40) for n in range(500))
"""


@contextlib.contextmanager
def python(scratch):
    root = packages.unpacked("python")
    with script([os.path.join(root, "usr/bin/python3.11"), "-I", "-c", PYTHON.replace(", sqlite3", "")], cwd=scratch) as pid:
        yield pid


NODE = """const zlib = require('zlib'), crypto = require('crypto');
for (;;) {
	const rows = [];
	for (let n = 0; n < 3000; n++) rows.push({n, text: 'x'.repeat(n % 60), deep: [n, {m: n / 3}]});
	const text = JSON.stringify(rows);
	JSON.parse(text).sort((a, b) => a.text.localeCompare(b.text) || b.n - a.n);
	text.match(/[a-z]+\\d*|\\d+/g).length;
	crypto.createHash('sha256').update(zlib.gzipSync(text)).digest('hex');
	new Function('a', 'return a + ' + Math.random())(1);
}
"""


@contextlib.contextmanager
def node(scratch):
    if not shutil.which("node"):
        raise Failed("there is no node")
    with script(["node", "-e", NODE], cwd=scratch) as pid:
        yield pid


JAVA = """import java.util.*;
public class Load {
	static Object keep;
	public static void main(String[] args) throws Exception {
		for (long turn = 0;; turn++) {
			Map<String, List<Integer>> m = new HashMap<>();
			for (int i = 0; i < 50000; i++)
				m.computeIfAbsent("key " + i % 997, k -> new ArrayList<>()).add(i);
			StringBuilder b = new StringBuilder();
			for (Map.Entry<String, List<Integer>> e : new TreeMap<>(m).entrySet())
				b.append(e.getKey()).append(e.getValue().stream().mapToInt(Integer::intValue).sum());
			keep = new Object[] {m, b.toString().split("7")};
			Thread t = new Thread(() -> keep.hashCode());
			t.start();
			t.join();
			if (turn % 20 == 0)
				System.gc();
		}
	}
}
"""


@contextlib.contextmanager
def openjdk(scratch):
    java = packages.find("openjdk", "usr/lib/jvm/*/bin/java")
    path = os.path.join(scratch, "Load.java")
    with open(path, "w", encoding="ascii") as f:
        f.write(JAVA)
    packages.run("javac", "--release", "17", "-d", scratch, path)
    with script([java, "-Xmx200m", "-XX:+UseParallelGC", "-cp", scratch, "Load"]) as pid:
        yield pid


# Each with where its debug information is.
LOADS = {
    "python3": (python, lambda: packages.debug_dir("python")),
    "redis": (redis, lambda: builds.debug_dir("redis")),
    "postgres": (postgres, lambda: builds.debug_dir("postgres")),
    "nginx": (nginx, lambda: builds.debug_dir("nginx")),
    "node": (node, lambda: None),
    "openjdk": (openjdk, lambda: packages.debug_dir("openjdk")),
}
