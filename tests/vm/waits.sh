#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tests/vm/waits.sh KERNEL: waits by each hook that this kernel has, against the target's own clock. fentry
# needs finish_task_switch under that name; many compilers call it .isra.0, and it takes a kprobe. The
# machine is emulated: what is no wait but the call around it takes long here.
# vm-timeout: 260
# vm-kernels: 5.10 6.1 newest
version=$1
cd "$(dirname "$0")/../.." || exit 1
. tests/live/lib.sh
out=$OUT/out
[[ -x $EBPROF && -x $TARGETS/waits && -x $TARGETS/wakers ]] ||
	not_ok "$version: waits" "not built: make ebprof targets"

cat > "$OUT/inside" << 'END'
#!/bin/sh
cd /out
grep -c ' finish_task_switch$' /proc/kallsyms > has_function
for hook in finish out; do
	ebprof offcpu -v --sched-hook $hook --threshold 1ms -o $hook.pb.gz --stats $hook.json -- waits 3 \
		> $hook.out 2> $hook.err
	echo $? > $hook.status
	cat $hook.err
	ebprof offcpu --wakers --sched-hook $hook --threshold 0 -o $hook.wakers.folded -- wakers 2 cond \
		> $hook.wakers.out 2> $hook.wakers.err
	cat $hook.wakers.err
done
END
chmod +x "$OUT/inside"
tests/vm/boot -t 240 -m 1024 -c 2 -f "$EBPROF:/bin/ebprof" -f "$TARGETS/waits" -f "$TARGETS/wakers" -o "$out" "$version" "$OUT/inside"
is "boot" "$?" 0
for hook in finish out; do
	is "$hook: exit status" "$(cat "$out/$hook.status")" 0
	# Until a program is known its stacks go to user space, for which an emulated machine is slow, with a new
	# process every 4 ms: 0 to 16 % in 15 runs, 40 in one of clock.sh. Waits may be as much shorter.
	at_least "$hook: waits by a thread" "$(awk '/;f_waiter;.*futex_wait/ { all += $NF }
		/;f_waiter;.*futex_wait.*;--;.*f_signaller_\[w\]/ { part += $NF }
		END { print all ? 100 * part / all : 0 }' "$out/$hook.wakers.folded")" 90
	at_least "$hook: waits by the timer" "$(awk '/;f_signaller;nap;/ { all += $NF }
		/;f_signaller;nap;.*;--;hrtimer_wakeup_\[w\].*;\[timer\]_\[w\]/ { part += $NF }
		END { print all ? 100 * part / all : 0 }' "$out/$hook.wakers.folded")" 90
	at_most "$hook: whole samples lost, %" "$(lost_percent "$out/$hook")" 50
	for function in f_sleep f_poll f_pipe; do
		waits_near "$hook" "$out/$hook" $function 94 8
	done
done
case $(cat "$out/has_function") in
1) has "finish: how" "$(cat "$out/finish.err")" 'threads that are back are met by fentry on finish_task_switch' ;;
*) has "finish: how" "$(cat "$out/finish.err")" 'threads that are back are met by a kprobe on finish_task_switch.isra.0' ;;
esac
