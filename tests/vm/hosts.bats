#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Two virtual machines as two hosts, with a network between them.

load ../lib/common

# machine NAME HERE,THERE [OPTION…] -- COMMAND… - in the background; its standard output and error are in the file NAME, its
# process is $MACHINE.
machine() {
	local name=$1 link=$2
	shift 2

	"$VDPA_TOP/tests/vm/run" --link "$link" --out "$BATS_TEST_TMPDIR/run-$name" --timeout 1200 "$@" \
		>"$BATS_TEST_TMPDIR/$name" 2>&1 3>&- &
	MACHINE=$!
}

said() { fail "$(cd "$BATS_TEST_TMPDIR" && tail -n 100 "$@")"; }

@test "a guest moves from one machine to another, but not to one that is too old" {
	here=$BATS_TEST_TMPDIR/here there=$BATS_TEST_TMPDIR/there

	machine source "$here,$there" -- bats --tap "$VDPA_TOP/tests/hosts/source.bats"
	source=$MACHINE
	for version in 0.9.0 1.0.0; do
		machine "target-$version" "$there,$here" --beside -- "$VDPA_TOP/tests/hosts/target" "$version"
		wait -n "$source" "$MACHINE" || :
		# The last has nobody to wait for once the source is gone, and every one is told to leave when all is well.
		alive "$source" || wait "$source" || { kill "$MACHINE"; said source "target-$version"; }
		wait "$MACHINE" || said source "target-$version"
	done

	wait "$source" || said source
	sed 's/^/# /' "$BATS_TEST_TMPDIR/source" >&3
}
