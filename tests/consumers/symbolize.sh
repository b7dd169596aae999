#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# ebprof symbolize on profiles of addresses: against addr2line and llvm-symbolizer, which chains.py
# compares with as in dwarf.sh; of what it writes; and of files that it must leave alone.
. "$(dirname "$0")/common"
need_proto
need_pprof
need addr2line g++ llvm-symbolizer nm objcopy python3 readelf setpriv
make=$BUILD/tests/consumers/make_addresses
ebprof=$root/ebprof
[ -x "$make" ] && [ -x "$ebprof" ] || {
	not_ok make_addresses "it or ebprof is not built"
	finish
}
cd "$OUT" || exit 1

# symbolize STATUS REGEX ARGUMENT...: it ends so, and its last line says so.
symbolize() {
	local want=$1 says=$2 have
	shift 2
	"$ebprof" symbolize "$@" >out 2>err
	have=$?
	if [ $have = "$want" ] && tail -n 1 err | grep -qE -- "$says" && [ "$(grep -c . err)" -le 2 ]; then
		ok "symbolize $*: $says"
	else
		not_ok "symbolize $*" "exit status $have, says $(head -n 3 err | tr '\n' '|')"
	fi
}

untouched() { # FILE
	equal "$1 is untouched" "$(cksum <"$1.old")" "$(cksum <"$1")"
}

# A program with inlined functions in several languages' ways, and addresses of all its text.
cat >prog.cc <<'END'
#include <cstdio>
#include <map>
#include <string>
namespace space
{
static inline __attribute__((always_inline)) int deepest(int x)
{
	return x & 1 ? x * 17 : x / 3;
}
template <typename T> static inline T middle(T x)
{
	T sum = 0;
	for (T i = 0; i < (x & 7); i++)
		sum += deepest(x + i);
	return sum;
}
struct Shape {
	__attribute__((noinline)) int area(int x) const { return middle(x) + middle(x * 3); }
};
}
int main(int argc, char **)
{
	std::map<std::string, int> m;
	for (int i = 0; i < argc + 100; i++)
		m[std::to_string(i)] += space::Shape().area(i);
	printf("%d\n", m["7"]);
}
END
g++ -O2 -g -o prog prog.cc || not_ok prog "it does not compile"
g++ -O2 -g -no-pie -o fixed prog.cc || not_ok fixed "it does not compile"
# Of all functions that have a size: what is between them never runs.
addresses_of() {
	nm -S "$1" | awk '$3 ~ /[tTW]/ && NF == 4 { print $1, $2 }' | sort -u | python3 -c '
import sys
for line in sys.stdin:
    start, size = (int(word, 16) for word in line.split())
    print("\n".join(hex(address) for address in range(start, start + size, 3)))'
}

# compare NAME FILE PROFILE BIAS
compare() {
	addresses_of "$2" >addresses
	addr2line -a -i -f -e "$2" <addresses >theirs.addr2line 2>/dev/null
	llvm-symbolizer -a -i --no-demangle --output-style=GNU -e "$2" <addresses >theirs.llvm 2>/dev/null
	decode "$3" | python3 "$here/located.py" "$4" >ours
	if python3 "$here/chains.py" ours theirs.addr2line theirs.llvm >said 2>&1; then
		ok "$1: $(tail -n 1 said)"
	else
		not_ok "$1" "$(tail -n 1 said); $(head -n 3 said | tr '\n' '|')"
	fi
}

for name in prog fixed; do
	addresses_of $name >addresses
	bias=$("$make" $name.pb.gz "$PWD/$name" <addresses)
	cp $name.pb.gz $name.bare
	symbolize 0 "named [0-9]+ of $(wc -l <addresses) addresses -> $name.pb.gz" $name.pb.gz
	compare "$name" "$PWD/$name" $name.pb.gz "$bias"
	equal "$name: flags" " [FN][FL][LN][IN]" \
		"$(pprof -raw $name.pb.gz 2>/dev/null | sed -n 's/^1: .* [0-9a-f]\{40\}//p')"
	# A second time there is nothing to do.
	cp $name.pb.gz $name.pb.gz.old
	symbolize 0 'needs nothing' $name.pb.gz
	untouched $name.pb.gz
	# As another program writes it.
	pprof -proto -symbolize=none -output=other.pb.gz $name.bare >pprof.out 2>&1
	symbolize 0 'named [0-9]+ of' other.pb.gz
	decode $name.pb.gz | python3 "$here/located.py" "$bias" | sort >want
	decode other.pb.gz | python3 "$here/located.py" "$bias" | sort >have
	check "$name through go tool pprof: the same names" diff want have
	# The program is gone, its debug file is not.
	objcopy --only-keep-debug $name $name.debug
	id=$(readelf -n $name | sed -n 's/.*Build ID: //p')
	mkdir -p "ids/.build-id/${id:0:2}"
	cp $name.debug "ids/.build-id/${id:0:2}/${id:2}.debug"
	mv $name $name.away
	cp $name.bare gone.pb.gz
	cp gone.pb.gz gone.pb.gz.old
	symbolize 1 'named 0 of .*missing_file 1 \(.*--debug-dir' gone.pb.gz
	untouched gone.pb.gz
	symbolize 0 'named [0-9]+ of' --debug-dir ids gone.pb.gz
	mv $name.away $name
	compare "$name from its debug file" "$PWD/$name" gone.pb.gz "$bias"
done

# The program is gone, and its debug file is on a server; then the stripped program is there.
id=$(readelf -n prog | sed -n 's/.*Build ID: //p')
mkdir -p "server/buildid/$id"
cp prog.debug "server/buildid/$id/debuginfo"
mv prog prog.away
for name in absent stripped; do
	cp prog.bare $name.pb.gz
	symbolize 0 'named [0-9]+ of' --debuginfod="file://$PWD/server" $name.pb.gz
	decode $name.pb.gz | python3 "$here/located.py" 0 >have
	check "$name, from a server: lines and inlined functions" grep -q 'deepest.*prog.cc:[1-9]' have
	strip -o prog prog.away
done
rm prog
cp prog.bare nowhere.pb.gz
symbolize 1 'missing_file 1.*debuginfod_missing 1' --debuginfod="file://$PWD/ids" nowhere.pb.gz
mv prog.away prog

# Another build in its place: no name at all.
cp prog.bare replaced.pb.gz
cp replaced.pb.gz replaced.pb.gz.old
mv prog prog.away
cp fixed prog
symbolize 1 'named 0 of .*mismatched_file 1 ' replaced.pb.gz
untouched replaced.pb.gz
symbolize 1 'named 0 of .*mismatched_file 1 .* -> replaced.folded' replaced.pb.gz -o replaced.folded
equal "replaced: no name in it" "prog;[prog]" "$(sed 's/ [0-9]*$//' replaced.folded | sort -u)"
mv prog.away prog

# Where it goes, and what of the file stays.
cp prog.bare place.pb.gz
cp place.pb.gz place.pb.gz.old
symbolize 0 ' -> a.folded, standard output' place.pb.gz -o a.folded -o -
untouched place.pb.gz
check "standard output is the same as in place" cmp <(decode out) <(decode prog.pb.gz)
equal "inlined functions are marked" 1 \
	"$(grep -c '^prog;space::Shape::area;middle<int>_\[i\];deepest_\[i\] ' a.folded)"
"$ebprof" symbolize --no-annotations --demangle none place.pb.gz -o b.folded 2>err
equal "--demangle none, no annotations" 1 \
	"$(grep -c '^prog;_ZNK5space5Shape4areaEi;middle<int>;deepest ' b.folded)"
chmod 640 place.pb.gz
ln -s place.pb.gz link.pb.gz
symbolize 0 ' -> link.pb.gz' link.pb.gz
equal "a link stays one" place.pb.gz "$(readlink link.pb.gz)"
equal "the mode stays" 640 "$(stat -c %a place.pb.gz)"
equal "nothing else is in the directory" "" "$(find . -name '.ebprof*')"
symbolize 0 ' -> from_stdin.pb.gz' - -o from_stdin.pb.gz <prog.bare
check "from standard input" cmp from_stdin.pb.gz place.pb.gz

# What has names already is written as it was read, whatever else it has.
make_profiles
for name in cpu heap offcpu zoo odd; do
	decode $name.pb.gz >before
	symbolize 0 " -> same.pb.gz" $name.pb.gz -o same.pb.gz
	check "$name: all fields" diff before <(decode same.pb.gz)
done

# As a user without any right, whose own file it is.
other=$(mktemp -d /tmp/symbolize.XXXXXX)
chmod 755 "$other"
cp prog "$other/prog"
addresses_of prog | "$make" "$other/x.pb.gz" "$other/prog" >/dev/null
cp "$ebprof" "$other"
chown -R 65534:65534 "$other"
if [ "$(id -u)" = 0 ]; then
	setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs "$other/ebprof" symbolize "$other/x.pb.gz" 2>err
	equal "as nobody: exit status" 0 $?
	equal "as nobody: its names" "$(decode prog.pb.gz | python3 "$here/located.py" 0 | sort | cksum)" \
		"$(decode "$other/x.pb.gz" | python3 "$here/located.py" 0 | sort | cksum)"
	equal "as nobody: its owner" 65534:65534 "$(stat -c %u:%g "$other/x.pb.gz")"
	cp prog.bare "$other/theirs.pb.gz"
	chmod 644 "$other/theirs.pb.gz"
	setpriv --reuid=65534 --regid=65534 --clear-groups "$other/ebprof" symbolize "$other/theirs.pb.gz" 2>err
	equal "of another user: refused" "1 1" "$? $(grep -c "cannot write '.*theirs.pb.gz': Operation not permitted" err)"
	check "of another user: untouched" cmp prog.bare "$other/theirs.pb.gz"
fi
rm -rf "$other"

# What is no profile.
head -c 300 prog.bare >cut.pb.gz
printf '\x1f\x8b\x08garbage' >garbage.pb.gz
head -c 60000000 /dev/zero | gzip -1 >bomb.pb.gz
printf 'text' >text.pb.gz
: >empty.pb.gz
gzip -cd prog.bare | head -c 700 | gzip >inner.pb.gz
cat prog.bare prog.bare >two.pb.gz
for name in cut garbage bomb text empty inner two; do
	cp $name.pb.gz $name.pb.gz.old
	symbolize 1 "in '$name.pb.gz'\$" $name.pb.gz
	untouched $name.pb.gz
done
rm -f bomb.pb.gz*
symbolize 1 "cannot read 'none.pb.gz': No such file" none.pb.gz
symbolize 1 'only written' a.folded
symbolize 1 'malformed' /dev/null
symbolize 2 'no file'
symbolize 2 'one file too many' a b
symbolize 2 'give -o FILE' -
symbolize 2 'needs -o' --format folded prog.pb.gz
symbolize 2 'format of' prog.pb.gz -o what
symbolize 2 "no option '--freq'" --freq 9 prog.pb.gz
finish
