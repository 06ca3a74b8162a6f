# SPDX-License-Identifier: GPL-2.0-or-later
# For tests with a guest that works while its device is suspended, moved, lost (tests/clients/vmm/guest.c says what it can
# be told). Loaded after lib/sim.

# Where guests can be talked to: also from another process than the one that started them.
GUESTS=$BATS_TEST_TMPDIR

# guest_start NAME NODE CLASS [OPTION…] - a guest on the character device NODE. It is ready, and works from "go" on.
guest_start() {
	local name=$1
	shift

	rm -f "$GUESTS/$name".{in,out}
	mkfifo "$GUESTS/$name".{in,out}
	"$VMM" "$1" guest "${@:2}" <>"$GUESTS/$name.in" 1<>"$GUESTS/$name.out" 2>"$GUESTS/$name.err" 3>&- &
	echo $! >"$GUESTS/$name.pid"
	STARTED+=("$!")
	_guest_says "$name"
	[ "$ANSWER" = ready ] || fail "the guest is not ready: $ANSWER" || return
}

guest_pid() { cat "$GUESTS/$1.pid"; }

# One line of the guest as $ANSWER; fails where there is none.
_guest_says() {
	local tries=3000 part=

	until IFS= read -rt 0.1 ANSWER <>"$GUESTS/$1.out"; do
		part+=$ANSWER
		if ended "$(guest_pid "$1")"; then
			fail "the guest is gone: $(cat "$GUESTS/$1.err")"
			return
		fi
		((tries--)) || fail "the guest does not answer" || return
	done
	ANSWER=$part$ANSWER
}

# tell NAME COMMAND… - the answer is $ANSWER.
tell() { ask "$@" && _guest_says "$1"; }

# ask NAME COMMAND… - without waiting for the answer.
ask() { echo "${*:2}" 1<>"$GUESTS/$1.in"; }

# guest NAME COMMAND… - the guest does it; $ANSWER is what it said.
guest() { tell "$@" && [[ "$ANSWER " = "ok $2 "* ]] || fail "guest $*: $ANSWER"; }

# guest_cannot PATTERN NAME COMMAND… - it says that it cannot, and why.
guest_cannot() {
	tell "${@:2}" || return
	[[ $ANSWER = "failed $3: "* && $ANSWER =~ $1 ]] || fail "guest ${*:2}: $ANSWER, instead of: failed $3: $1"
}

# answer KEY - the value of KEY=value in $ANSWER
answer() {
	local text=" $ANSWER "

	[[ $text = *" $1="* ]] || fail "no $1 in: $ANSWER" || return
	text=${text#*" $1="}
	echo "${text%% *}"
}

# guest_ends NAME - it ends by itself, and finds that all was well.
guest_ends() {
	ask "$1" quit
	wait "$(guest_pid "$1")" || fail "the guest's status: $?"
}
