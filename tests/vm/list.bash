# SPDX-License-Identifier: GPL-2.0-or-later
# The list of kernels, for scripts; $top is the checkout.

# kernel_names [WORD] - prints the kernels of the list, oldest first: all of them, or those whose last column is WORD.
kernel_names() { awk -v word="${1-}" '!/^#/ && NF && (word == "" || $4 == word) { print $1 }' "$top/tests/kernels.list"; }

# kernel_says NAME COLUMN - prints what the list says of a kernel.
kernel_says() { awk -v name="$1" -v column="$2" '$1 == name { print $column }' "$top/tests/kernels.list"; }

# kernel_listed NAME - whether it is in the list with a suite of its own.
kernel_listed() { [[ $(kernel_says "$1" 2) = [a-z]* ]]; }
