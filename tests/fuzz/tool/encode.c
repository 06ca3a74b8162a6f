// SPDX-License-Identifier: GPL-2.0-or-later
/* Makes of an input of the target "replies", on standard input, one of the target "stream". */
#include <stdio.h>
#include <stdlib.h>

#include <linux/genetlink.h>

#include "input.h"

static const struct {
	struct nlmsghdr nlh;
	struct genlmsghdr genl;
} any = { .nlh = { .nlmsg_len = sizeof(any), .nlmsg_seq = UINT32_MAX } };

int main(void)
{
	static uint8_t bytes[1024 * 1024];
	static struct reply reply;
	struct input input;
	struct items items;
	int error;

	input_begin(&input, bytes, fread(bytes, 1, sizeof(bytes), stdin));
	puts(input.line);
	items.next = input.rest;
	while (items_reply(&items, &reply, &any.nlh, &error)) {
		putchar(reply.used & 0xff);
		putchar(reply.used >> 8 & 0xff);
		fwrite(reply.bytes, 1, reply.used, stdout);
	}
	input_end(&input);
	return 0;
}
