# SPDX-License-Identifier: GPL-2.0-or-later
# For tests in which two machines are two hosts, with a network between them (tests/vm/run --link). One, the target, does
# what it is told (tests/hosts/target); the tests run in the other. Loaded after lib/guest.

SOURCE_ADDRESS=10.77.0.1 TARGET_ADDRESS=10.77.0.2 TARGET_PORT=7000

# there COMMAND - has bash, with the libraries of tests, run COMMAND on the other host: standard input, output and status are
# those of COMMAND. What is defined there is gone afterwards, guests and devices stay.
there() {
	local out

	out=$({ echo "${1//$'\n'/ }"; [ -t 0 ] || cat; } | socat -t 600 - "TCP:$TARGET_ADDRESS:$TARGET_PORT") || return
	[ "$out" = "${out##*$'\n'}" ] || echo "${out%$'\n'*}"
	[[ ${out##*$'\n'} =~ ^status\ ([0-9]+)$ ]] || fail "the other host says: $out" || return
	return "${BASH_REMATCH[1]}"
}

there_is_somebody() { there : </dev/null 2>/dev/null; }
