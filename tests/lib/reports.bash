# SPDX-License-Identifier: GPL-2.0-or-later
# Defines which lines of the kernel log report a fault. The VM's runner checks the whole log with it, every bats test
# the log since it began.

# Marks that tests write into the log start with this; they quote test names, so they are never reports.
KERNEL_MARK='vdpa-test:'

KERNEL_REPORTS=(
	'BUG: |BUG [a-z]|kernel BUG at'
	'WARNING: '
	'Oops'
	'Kernel panic'
	'general protection fault'
	'stack segment:|invalid opcode:|double fault'
	'KASAN: '
	'UBSAN: '
	'INFO: possible|INFO: trying to register|DEBUG_LOCKS_WARN_ON'
	'possible (circular|recursive|irq|deadlock)|inconsistent lock state|suspicious RCU'
	'INFO: task .* blocked for more than'
	'soft lockup|hard LOCKUP|detected (expedited )?stalls?|self-detected stall'
	'kmemleak: [0-9]+ new suspected'
	'refcount_t: '
	'ODEBUG: '
	'list_(add|del) corruption'
	'Bad page state|usercopy: '
	'unregister_netdevice: waiting'
	'truncated extack'
)

# kernel_reports - prints those lines of a kernel log on standard input that report a fault. Status 0: there was one.
kernel_reports() {
	local IFS='|'

	grep -av "$KERNEL_MARK" | grep -aE -- "${KERNEL_REPORTS[*]}"
}
