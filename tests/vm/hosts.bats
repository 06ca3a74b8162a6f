#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Two virtual machines as two hosts, with a network between them.

load ../lib/common

# machine NAME HERE,THERE [OPTION…] -- COMMAND… - its standard output and error are in the file NAME.
machine() {
	local name=$1 link=$2
	shift 2

	"$VDPA_TOP/tests/vm/run" --link "$link" --out "$BATS_TEST_TMPDIR/run-$name" --timeout 1200 "$@" \
		>"$BATS_TEST_TMPDIR/$name" 2>&1 3>&-
}

@test "a guest moves from one machine to another, but not to one that is too old" {
	here=$BATS_TEST_TMPDIR/here there=$BATS_TEST_TMPDIR/there

	machine source "$here,$there" -- bats --tap "$VDPA_TOP/tests/hosts/source.bats" &
	source=$!
	for version in 0.9.0 ''; do
		machine "target$version" "$there,$here" --beside -- "$VDPA_TOP/tests/hosts/target" $version ||
			fail "$(cat "$BATS_TEST_TMPDIR/target$version" "$BATS_TEST_TMPDIR/source")"
	done

	wait "$source" || fail "$(cat "$BATS_TEST_TMPDIR/source" "$BATS_TEST_TMPDIR/target")"
	sed 's/^/# /' "$BATS_TEST_TMPDIR/source" >&3
}
