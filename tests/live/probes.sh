# SPDX-License-Identifier: Apache-2.0
# The table tests/live/needs, asked once a capability. Sourced by tests/live/run and lib.sh.
declare -A probe_known

NEEDS=${NEEDS:-${BASH_SOURCE[0]%/*}/needs}
export PROBE=${PROBE:-$BUILD/tests/live/probe}
export TARGETS=${TARGETS:-$BUILD/targets}

probe_exists() { # CAPABILITY
	grep -q "^$1: " "$NEEDS"
}

have() { # CAPABILITY: does this machine have it?
	local command
	if [[ ! ${probe_known[$1]:-} ]]; then
		command=$(sed -n "s/^$1: //p" "$NEEDS")
		if (eval "$command") > /dev/null 2>&1 < /dev/null; then
			probe_known[$1]=yes
		else
			probe_known[$1]=no
		fi
	fi
	[[ ${probe_known[$1]} == yes ]]
}
