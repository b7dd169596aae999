#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The pages of `go tool pprof -http`.
. "$(dirname "$0")/common"
need_pprof
need curl python3 dot ps readelf nm
make_profiles

# serve FILE: in the background, on $port
serve() {
	port=$(python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')
	"$go" tool pprof -http="127.0.0.1:$port" -no_browser "$1" >"$OUT/server" 2>&1 &
	server=$!
	for _ in $(seq 100); do
		curl -s -o /dev/null "http://127.0.0.1:$port/ui/top" && break
		sleep 0.1
	done
}

stop() {
	# The tool that "go tool" started, then itself.
	# shellcheck disable=SC2046
	kill $(ps -o pid= --ppid "$server") "$server" 2>/dev/null
	wait "$server" 2>/dev/null
}
trap stop EXIT

# page NAME PATH: answers 200; what it says is in $OUT/NAME.out
page() {
	check "$1" curl -sS --fail --max-time 20 "http://127.0.0.1:$port$2"
}

serve "$OUT/cpu.pb.gz"
page flamegraph /ui/flamegraph
sed -i 's/\\u0022/"/g' "$OUT/flamegraph.out"
# A stack viewer; Go 1.19 has a d3 flame graph.
expect flamegraph 'stackViewer\(\{"Total":1010101000,|"v":1010101000'
expect flamegraph '"(FullName|f)":"do_syscall_64"'
equal "no function without a name" "" "$(grep -oE '"FullName":""' "$OUT/flamegraph.out")"
page top /ui/top
expect top 'do_syscall_64'
case $("$go" env GOVERSION) in
go1.19*) page graph /ui/ ;;
*) page graph /ui/graph ;;
esac
expect graph '<svg'
page peek '/ui/peek?f=work'
expect peek 'work'
page download /ui/download
check "the download is a profile" gzip -t "$OUT/download.out"

stop
make_real_profile
serve "$OUT/real.pb.gz"
page source '/ui/source?f=work'
expect source 'n = step\(n\);'
page disasm '/ui/disasm?f=work'
expect disasm '1\.01s +1\.01s +401[0-9a-f]+:'
finish
