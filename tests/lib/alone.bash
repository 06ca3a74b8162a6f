# SPDX-License-Identifier: GPL-2.0-or-later
# Loads test libraries, named as arguments, into a script that is not a bats file. The script runs in a test VM.
#
#	. tests/lib/alone.bash sim guest

BATS_TEST_TMPDIR=${BATS_TEST_TMPDIR:-/tmp} BATS_FILE_TMPDIR=$BATS_TEST_TMPDIR
bats_require_minimum_version() { :; }
for _library in common "$@"; do
	# shellcheck source=/dev/null
	. "$VDPA_TOP/tests/lib/$_library.bash"
done
