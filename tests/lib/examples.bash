# SPDX-License-Identifier: GPL-2.0-or-later
# Functions for tests that run the examples in pages. Loaded after lib/devices.

# examples_work PAGE PRINTER - runs the examples that PRINTER (a program in tests/tool) finds in PAGE. Each command must
# end with the status in the page, and print the output in the page, if there is any. No device may be left. A step is a
# function step_WORD of the test. Every difference in the page is reported, not only the first.
examples_work() {
	local examples kind words commands=() statuses=() shown=() i differences=0

	examples=$("$VDPA_TOP/tests/tool/$2" "$VDPA_TOP/$1")
	[ "$examples" ] || fail "$1 has no examples"
	while IFS= read -r words; do
		kind=${words%%$'\t'*} words=${words#*$'\t'}
		if [ "$kind" = out ]; then
			shown[-1]+=$words$'\n'
		else
			statuses+=("$kind") commands+=("$words") shown+=('')
		fi
	done <<<"$examples"
	for i in "${!commands[@]}"; do
		if [ "${statuses[i]}" = step ]; then
			"step_${commands[i]%% *}" "${commands[i]#* }"
		else
			_example_works "${commands[i]}" "${statuses[i]}" "${shown[i]}" ||
				differences=$((differences + 1))
		fi
	done
	[ -z "$(devices)" ] || fail "the examples of $1 leave devices:" "$(devices)"
	((differences == 0)) || fail "$differences examples of $1 do something else than the page says"
}

# _example_works COMMAND STATUS OUTPUT - runs one example. Its output goes to a file: a background command would keep a
# pipe open.
_example_works() {
	local status=0 output

	bash -c "$1" >"$BATS_TEST_TMPDIR/example" 2>&1 3>&- </dev/null || status=$?
	output=$(<"$BATS_TEST_TMPDIR/example")
	if [ "$status" -ne "$2" ]; then
		fail "status $status instead of $2: $1" "$output"
	elif [ "$3" ] && ! same_output "$3" "$output"; then
		fail "the output differs from the page's: $1" "--- page" "${3%$'\n'}" "--- output" "$output" "---"
	fi
}

# same_output SHOWN OUTPUT - compares the two, without values that differ each time. In SHOWN a line "..." or "…" stands
# for one or more lines.
same_output() {
	local pattern

	pattern=$(mask <<<"${1%$'\n'}" | sed -E 's/[][*?\\()|!+@]/\\&/g; s/^ *(…|\.\.\.)$/*/')
	# shellcheck disable=SC2053 # a pattern
	[[ $(mask <<<"${2%$'\n'}") == $pattern ]]
}

# mask - copies standard input and replaces each value that differs each time: times, addresses, nodes in /dev, network
# interfaces, kernel releases, counters and measurements
mask() {
	sed -E '
		s/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z/TIME/g
		s/\b([0-9a-f]{2}:){5}[0-9a-f]{2}\b/MAC/g
		s/\b[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]\b/PCI/g
		s,/dev/(vd[a-z]+|vhost-vdpa-[0-9]+),/dev/NODE,g
		s/\b(netdev"?[: ]"?)[a-z0-9]+/\1INTERFACE/g
		s/\b[0-9]+\.[0-9]+\.([0-9]{2,}|[0-9]+[-+])[^ ",:]*/RELEASE/g
		s/((_us|_index|bytes|bytes_per_second|pages|pid|seq)"?[: ] ?)[0-9]+/\1N/g
		s/^( *dirty) 0x.*/\1 RANGES/
	'
}
