# SPDX-License-Identifier: Apache-2.0
# A debuginfod server that behaves badly: debuginfod_server.py FILE prints its port. The first part of
# a URL's path says how, the file is what it sends:
#   hang      takes the connection and says nothing     half     sends a little, then nothing more
#   file      the file, whatever is asked for           slow     the same, over some six seconds
#   huge      says that a TiB follows                   endless  does not say, and does not end
#   zeros     the same, compressed a thousandfold       none     has nothing
import http.server
import sys
import time
import zlib

data = open(sys.argv[1], "rb").read()


def pieces(how):
    if how == "half":
        yield data[:1000]
        time.sleep(3600)
    elif how == "file":
        yield data
    elif how == "slow":
        size = len(data) // 24 + 1
        for at in range(0, len(data), size):
            yield data[at : at + size]
            time.sleep(0.25)
    elif how == "zeros":
        packer = zlib.compressobj(wbits=31)
        while True:
            yield packer.compress(bytes(1 << 20))
    else:
        while True:
            yield bytes(1 << 20)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        how = self.path.split("/")[1]
        if how == "hang":
            time.sleep(3600)
        if how == "none":
            self.send_error(404)
            return
        self.send_response(200)
        if how in ("half", "file", "slow", "huge"):
            self.send_header("Content-Length", str(1 << 40 if how == "huge" else len(data)))
        if how == "zeros":
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        try:
            for piece in pieces(how):
                self.wfile.write(piece)
        except OSError:
            pass

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
print(server.server_address[1], flush=True)
server.serve_forever()
