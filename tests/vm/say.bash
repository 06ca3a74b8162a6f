# SPDX-License-Identifier: GPL-2.0-or-later
# How the VM's scripts speak to the person who waits: on standard error, with the seconds since the start of the script.

say() { printf 'vm: [%3ds] %s\n' "$SECONDS" "$*" >&2; }

die() { say "$*"; exit 125; }

# await LABEL LOG COMMAND… - runs COMMAND with its output in LOG; from the third second on says every ten how far it
# is: the size of LOG's last line says more than a spinner. On failure shows the end of LOG.
await() {
	local label=$1 log=$2 start=$SECONDS next=3 pid rc=0
	shift 2

	"$@" >"$log" 2>&1 &
	pid=$!
	while kill -0 "$pid" 2>/dev/null; do
		if ((SECONDS - start >= next)); then
			say "$label … $(wc -l <"$log") lines, last: $(tail -n 1 "$log" | tr -s ' \t\r' ' ' | cut -c 1-70)"
			next=$((SECONDS - start + 10))
		fi
		sleep 0.1
	done
	wait "$pid" || rc=$?
	if ((rc)); then
		say "$label failed with status $rc; the end of $log:"
		tail -n 20 "$log" >&2
	fi
	return "$rc"
}
