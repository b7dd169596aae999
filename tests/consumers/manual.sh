#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Has each document that `ebprof list` makes the options that parsing reads, not one less and not one more?
# --help, the man page, README, and what bash, zsh and fish really offer. And are the man page and the
# completions as their own programs want them?
. "$(dirname "$0")/common"
need awk comm fish groff mandoc zsh
ebprof=${EBPROF:-$root/ebprof}
dump=$BUILD/tests/consumers/options_dump
[ -x "$dump" ] && [ -x "$ebprof" ] || {
	not_ok options_dump "it or ebprof is not built"
	finish
}
cd "$OUT" || exit 1
"$dump" >table
"$ebprof" list kinds | cut -d' ' -f1 >kinds
for name in man bash zsh fish; do "$ebprof" list $name >$name || not_ok "list $name" "exit status $?"; done
cp "$root/README.md" readme

# The commands that have options; of the kinds, which have the same ones, the first.
sets=$(cut -d' ' -f1 table | uniq | grep -vxFf <(tail -n +2 kinds))

# The options of a command: in the tables, and in each document FILE.
of_table() { # COMMAND
	awk -v cmd="$1" '$1 == cmd { print $2 }' table
}
of_help() { # FILE COMMAND
	"$ebprof" "$2" --help 2>/dev/null | sed -nE 's/^  (-(.), |    )(--[a-z][a-z_-]*).*/-\2 \3/p' | tr ' ' '\n' | grep -vx -e -
}
of_man() {
	local title=$2
	! grep -qx "$2" kinds || title=captures
	groff -man -Tascii -P-cbou -rLL=200n "$1" | awk -v title="OPTIONS OF ${title^^}" '
		/^[^ ]/ { inside = $0 == title }
		inside && /^       -/ { sub(/,/, ""); print $1; if ($2 ~ /^--/) print $2 }' | sed 's/\[.*//'
}
of_readme() {
	awk -v cmd="$2" -F '`' '
		/^<!-- table: options -->/ { table = 1 }
		/^<!-- end -->/ { table = 0 }
		table && /^\| \*\*`/ { inside = index($0, "`" cmd "`"); next }
		table && inside { for (i = 2; i <= NF; i += 2) print $i }' "$1" | sed 's/[ [].*//'
}
of_bash() {
	complete_bash "$1" "$2" - | grep '^-'
}
of_fish() {
	complete_fish "$1" "ebprof $2 -" | grep '^-'
}

# What bash offers for the last of the words.
complete_bash() { # FILE WORD...
	bash --norc -c '
		. "./$1"
		shift
		COMP_WORDS=(ebprof "$@") COMP_CWORD=$#
		_ebprof ebprof "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
		printf "%s\n" "${COMPREPLY[@]}"' - "$@"
}
complete_fish() { # FILE LINE
	HOME=$OUT XDG_CONFIG_HOME=$OUT fish --no-config -c 'source $argv[1]; complete -C $argv[2]' "$1" "$2" | cut -f1
}

commands() { # the commands of `ebprof help`
	"$ebprof" help | sed -nE 's/^  ([a-z]+) .*/\1/p' | grep -vx ebprof | sort
}

# One dash or two are as good in some commands, of which --help and the man page show one.
shown() {
	grep -E '^(--.*|-.)$'
}

# same NAME WANT HAVE: lists of options
same() {
	sort -u <<<"$2" >want
	sort -u <<<"$3" >have
	if [ -s have ] && cmp -s want have; then
		ok "$1: $(wc -l <have) options"
	else
		not_ok "$1" "lacks $(comm -23 want have | tr '\n' ' '), has more $(comm -13 want have | tr '\n' ' ')"
	fi
}

mapfile -t lines < <(for cmd in $sets; do echo "ebprof $cmd -"; done)
offer_zsh() { # FILE DIR LINE...
	zsh -f "$here/complete.zsh" "$@" || not_ok "zsh" "it does not complete"
}
offer_zsh zsh of_zsh "${lines[@]}" 'ebprof ' 'ebprof cpu --demangle ' 'ebprof cpu -k cpu,off' 'ebprof list ' \
	'ebprof cpu --debug-dir /us' 'ebprof cpu -- printe' 'ebprof report --disasm x /etc/passw'
n=0
for cmd in $sets; do
	all=$(of_table "$cmd") some=$(of_table "$cmd" | shown)
	same "help: $cmd" "$some" "$(of_help - "$cmd")"
	same "man: $cmd" "$some" "$(of_man man "$cmd")"
	same "README: $cmd" "$some" "$(of_readme readme "$cmd")"
	same "bash: $cmd" "$all" "$(of_bash bash "$cmd")"
	same "fish: $cmd" "$all" "$(of_fish fish "$cmd")"
	n=$((n + 1))
	same "zsh: $cmd" "$all" "$(cat of_zsh/$n)"
done
while read -r cmd; do
	same "help: $cmd" "$(of_table "$cmd" | shown)" "$(of_help - "$cmd")"
	same "bash: $cmd" "$(of_table "$cmd")" "$(of_bash bash "$cmd")"
done <kinds
for cmd in $(commands | grep -vxFf <(cut -d' ' -f1 table)); do
	equal "$cmd has no options but those of its row" "" "$(of_help - "$cmd")"
done

# An option of another name is one less and one more: that must be seen in each document.
all=$(of_table cpu)
for name in man readme bash fish; do
	sed 's/\<tree\>/shrub/' $name >$name.changed
	have=$("of_$name" $name.changed cpu)
	difference=$(comm -3 <(sort -u <<<"$all") <(sort -u <<<"$have") | tr -d '\t' | tr '\n' ' ')
	equal "$name: another option is seen" "--shrub --tree " "$difference"
done
sed 's/\<tree\>/shrub/' zsh >zsh.changed
offer_zsh zsh.changed of_zsh_changed "ebprof cpu -"
equal "zsh: another option is seen" "--shrub --tree " \
	"$(comm -3 <(sort -u <<<"$all") of_zsh_changed/1 | tr -d '\t' | tr '\n' ' ')"

# The documents themselves.
check "groff" groff -man -ww -z man
equal "groff warns of nothing" "" "$(cat groff.err)"
equal "mandoc warns of nothing but the date, which there is none of" "" \
	"$(mandoc -Tlint -Wwarning man | grep -v 'missing date')"
check "bash -n" bash -n bash
check "zsh -n" zsh -n zsh
check "fish -n" fish --no-config -n fish
check "README's tables are the program's" diff "$root/README.md" <("$root/tools/readme" "$ebprof" "$root/README.md")
equal "each kind has a row in README" "" \
	"$(grep -vxFf <(sed -nE 's/^\| `([a-z]+)` \|.*/\1/p' "$root/README.md") kinds)"
groff -man -Tascii -P-cbou -rLL=1000n man | tr -s ' \n' ' ' >man.txt
"$ebprof" help | sed -nE 's/^  ([a-z]+) +(.*)/ \1 \2 /p' | grep -v '^ ebprof' | while IFS= read -r entry; do
	grep -qF -- "$entry" man.txt || echo "$entry"
done >missing
equal "each command is in the man page" "" "$(head -n 1 missing)"

# Values.
offers() { # NAME WANT HAVE: all of that are among these
	equal "$1" "$(tr ' ' '\n' <<<"$2" | sort -u)" "$(grep -xFf <(tr ' ' '\n' <<<"$2") <<<"$3" | sort -u)"
}
touch file.pb.gz
equal "bash: commands" "$(commands)" "$(complete_bash bash '' | grep -v '^-' | sort)"
equal "bash: of a name's beginning" "offcpu" "$(complete_bash bash off)"
equal "bash: choices" "short full none" "$(complete_bash bash cpu --demangle '' | tr '\n' ' ' | sed 's/ $//')"
equal "bash: --name=value" "short" "$(complete_bash bash cpu --demangle = s)"
equal "bash: --name=" "short full none" "$(complete_bash bash cpu --demangle = | tr '\n' ' ' | sed 's/ $//')"
equal "bash: of a list the last" "cpu,offcpu" "$(complete_bash bash cpu -k cpu,off)"
offers "bash: formats" "$("$ebprof" list formats | cut -d' ' -f1 | tr '\n' ' ' | sed 's/ $//')" "$(complete_bash bash cpu --format '')"
offers "bash: events" "cpu-clock cycles" "$(complete_bash bash cpu -e c)"
equal "bash: users" root "$(complete_bash bash cpu -u roo)"
offers "bash: processes" "1" "$(complete_bash bash cpu -p '')"
equal "bash: directories" /usr "$(complete_bash bash cpu --debug-dir /us)"
equal "bash: files" file.pb.gz "$(complete_bash bash report -top file.p)"
equal "bash: files of a side" file.pb.gz "$(complete_bash bash diff file.p)"
equal "bash: files of an option" file.pb.gz "$(complete_bash bash report -diff_base file.p)"
equal "bash: nothing that could be known" "" "$(complete_bash bash report --peek '')"
equal "bash: a command" printenv "$(complete_bash bash cpu -- printe | sort -u)"
equal "bash: its arguments" file.pb.gz "$(complete_bash bash cpu -- cat file.p)"
equal "bash: help of a command" symbolize "$(complete_bash bash help sym)"
equal "bash: what is listed" "kinds" "$(complete_bash bash list k)"
equal "fish: commands" "$(commands)" "$(complete_fish fish 'ebprof ' | sort)"
equal "fish: choices" "full none short" "$(complete_fish fish 'ebprof cpu --demangle ' | sort | tr '\n' ' ' | sed 's/ $//')"
equal "fish: of a list the last" "cpu,offcpu" "$(complete_fish fish 'ebprof cpu -k cpu,off')"
equal "fish: files" file.pb.gz "$(complete_fish fish 'ebprof report -top file.p')"
equal "fish: files of a side" file.pb.gz "$(complete_fish fish 'ebprof diff file.p')"
equal "fish: a command" printenv "$(complete_fish fish 'ebprof cpu -- printe' | grep -x printenv)"
equal "fish: what is listed" "kinds" "$(complete_fish fish 'ebprof list k')"
equal "zsh: commands" "$(commands)" "$(sort of_zsh/$((n + 1)))"
equal "zsh: choices" "full none short" "$(sort of_zsh/$((n + 2)) | tr '\n' ' ' | sed 's/ $//')"
offers "zsh: of a list the last" offcpu "$(cat of_zsh/$((n + 3)))"
offers "zsh: what is listed" "formats kinds languages" "$(cat of_zsh/$((n + 4)))"
offers "zsh: directories" usr "$(cat of_zsh/$((n + 5)))"
offers "zsh: a command" printenv "$(cat of_zsh/$((n + 6)))"
offers "zsh: files" passwd "$(cat of_zsh/$((n + 7)))"

# Each of them says something, and where they are installed.
for name in $("$ebprof" list nothing 2>&1 | sed 's/.*\[\(.*\)\].*/\1/; s/|/ /g'); do
	check "list $name" "$ebprof" list "$name"
	[ -s "list $name.out" ] || not_ok "list $name" "it is empty"
done
for name in kinds formats languages; do
	equal "list has $name" 0 "$(grep -vxcFf <("$ebprof" list | sed 's/^  //') "list $name.out")"
done
check install env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -C "$root" O="$(realpath --relative-to="$root" "$BUILD")" \
	DESTDIR="$OUT/root" PREFIX=/usr install
equal "installed" "bin/ebprof share/bash-completion/completions/ebprof share/doc/ebprof/README.md \
share/fish/vendor_completions.d/ebprof.fish share/man/man1/ebprof.1 share/zsh/site-functions/_ebprof" \
	"$(cd root/usr && find . -type f | sed 's|^\./||' | sort | tr '\n' ' ' | sed 's/ $//')"
finish
