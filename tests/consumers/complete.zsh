# SPDX-License-Identifier: Apache-2.0
# zsh -f complete.zsh FILE DIR LINE...: what zsh offers for each line with the completion in FILE, into
# DIR/1, DIR/2…: a word a line. A shell on a terminal of its own lists them.
zmodload zsh/zpty || exit 1
file=$1 dir=${2:A}
shift 2
rm -rf $dir
mkdir -p $dir/functions
cp $file $dir/functions/_ebprof
cat > $dir/.zshrc << 'END'
PS1= LISTMAX=100000 HISTFILE=
fpath=($DIR/functions $fpath)
autoload -Uz compinit
compinit -D -u
# What would be offered is stored, then offered.
compadd() {
	local -a offered
	if (( ! ${argv[(I)-[OAD]]} )); then
		builtin compadd -O offered "$@"
		print -rl -- $offered >> $DIR/offered
	fi
	builtin compadd "$@"
}
show() {
	: > $DIR/offered
	zle list-choices
	(( ++shown ))
	sort -u $DIR/offered | grep . > $DIR/$shown.new
	mv $DIR/$shown.new $DIR/$shown
	zle kill-whole-line
}
zle -N show
bindkey -e
bindkey '^T' show
: > $DIR/ready
END
await() { # FILE
	local n
	for ((n = 0; n < 200; n++)); do
		[[ -e $1 ]] && return
		zpty -r -t shell > /dev/null
		sleep 0.1
	done
	print -u 2 "zsh says nothing for: $line"
	exit 1
}
zpty shell "DIR=${(q)dir} ZDOTDIR=${(q)dir} TERM=vt100 zsh -d -i"
await $dir/ready
for line; do
	zpty -w -n shell "$line"$'\x14'
	await $dir/$(( ++asked ))
done
zpty -d shell
