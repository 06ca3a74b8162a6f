// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzes what the command makes of a kernel's replies: the input is a command line and what is received, made
 * of items (input.h).
 */
#include <errno.h>
#include <string.h>

#include "input.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static ssize_t receive(void *data, const struct nlmsghdr *request, char *buf, size_t size)
{
	static struct reply reply;
	int error;

	if (!items_reply(data, &reply, request, &error))
		return -ENOTCONN;
	if (error)
		return error > 0 ? -error : -EIO;
	if (reply.used > size)
		return -ENOSPC;
	memcpy(buf, reply.bytes, reply.used);
	return reply.used;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct input input, sysfs;
	struct items items;
	struct world world = { .receive = receive, .data = &items };

	input_begin(&input, bytes, len);
	input_begin(&sysfs, bytes, len);
	items.next = input.rest;
	items_sysfs(sysfs.rest, &world);
	input_run(&input, &world);
	input_end(&sysfs);
	input_end(&input);
	return 0;
}
