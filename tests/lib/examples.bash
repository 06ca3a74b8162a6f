# SPDX-License-Identifier: GPL-2.0-or-later
# For tests that run what pages show as examples. Loaded after lib/devices.

# examples_work PAGE PRINTER - each command that PRINTER (a program in tests/tool) finds in PAGE ends with the status that the
# page says, and no device is left. A step is a function step_WORD of the test.
examples_work() {
	local expected command examples

	examples=$("$VDPA_TOP/tests/tool/$2" "$VDPA_TOP/$1")
	[ "$examples" ] || fail "$1 has no examples"
	while IFS=$'\t' read -r expected command; do
		if [ "$expected" = step ]; then
			"step_${command%% *}" "${command#* }"
			continue
		fi
		run bash -c "$command"
		[ "$status" -eq "$expected" ] || fail "status $status instead of $expected: $command" "$output"
	done <<<"$examples"
	[ -z "$(devices)" ]
}
