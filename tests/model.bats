#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Whether some order of requests that are made at once explains the answers to them: see tests/model. VDPA_SECONDS and
# VDPA_SEED: for how long, and which requests.
# time limit: 900
# processors: 2

load lib/state

setup() {
	common_setup
	load_sim ours blk
	load_bus_drivers vhost_vdpa
}

# model OPTION… - its report is in $output, the figures are the last line.
model() {
	run "$VDPA_TOP/tests/model/model" "$@" "$VDPA_KO/sim/vdpa_sim_blk.ko"
	echo "$output"
}

@test "what scripts, monitors and the host ask for at once is answered as some order of it explains" {
	model --seconds "${VDPA_SECONDS:-30}" --seed "${VDPA_SEED:-1}"

	[ "$status" = 0 ]
	figures=$output
	echo "# ${lines[-1]}" >&3
	# Each kind was asked for. What is frequent was done as well.
	run grep ' 0, done' <<<"$output"
	assert_equal "$output" ''
	for kind in add delete show 'show config' 'show queues' describe suspend resume list open start 'driver suspends' \
		'driver resumes' reset close bind unbind 'give to vhost_vdpa' free 'free now'; do
		[[ $figures =~ (^|$'\n')"$kind "[0-9]+', done '[1-9] ]] || fail "never done: $kind" "$figures"
	done
}

@test "an answer that no order explains is reported" {
	model --seconds 60 --tamper

	[ "$status" = 2 ]
	assert_match "$output" 'no order explains'
	assert_match "$output" 'show: EXDEV'
}
