# SPDX-License-Identifier: GPL-2.0-or-later
# Functions for tests with two VMs as hosts, connected by a network (tests/vm/run --link). The target executes commands
# (tests/hosts/target); the tests run in the other VM. Loaded after lib/guest.

SOURCE_ADDRESS=10.77.0.1 TARGET_ADDRESS=10.77.0.2 TARGET_PORT=7000

# there COMMAND - runs COMMAND in bash, with the test libraries, on the other host: standard input, output and status
# are those of COMMAND. Variables and functions defined there are lost afterwards; guests and devices stay.
there() {
	local out

	out=$({ echo "${1//$'\n'/ }"; [ -t 0 ] || cat; } | socat -t 600 - "TCP:$TARGET_ADDRESS:$TARGET_PORT") || return
	[ "$out" = "${out##*$'\n'}" ] || echo "${out%$'\n'*}"
	[[ ${out##*$'\n'} =~ ^status\ ([0-9]+)$ ]] || fail "the other host says: $out" || return
	return "${BASH_REMATCH[1]}"
}

there_is_somebody() { there : </dev/null 2>/dev/null; }
