// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What was sent, in a file, written before it is: where the kernel dies of it, it is there all the same. What is made of a
 * seed depends on what the kernel has answered and counted; a file can be sent again as it is.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "fuzz.h"

/* Bytes of a file; with the one before there are more. */
enum { RECORD_ROOM = 4 * 1024 * 1024 };

/* Before the messages of a batch */
struct head {
	uint32_t n;
	uint32_t len;
};

static const char *record_path;
static int record = -1;
static size_t record_len;

void record_open(const char *path)
{
	record_path = path;
	record = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (record < 0)
		wire_quit("nl_fuzz: %s: %s", path, strerror(errno));
	record_len = 0;
}

static void begin_next(void)
{
	char before[4096];

	snprintf(before, sizeof(before), "%s.before", record_path);
	close(record);
	if (rename(record_path, before))
		wire_quit("nl_fuzz: %s: %s", before, strerror(errno));
	record_open(record_path);
}

void record_batch(const struct batch *batch)
{
	struct head head = { batch->n, batch->len };
	struct iovec parts[] = { { &head, sizeof(head) }, { (void *)batch->bytes, batch->len } };
	ssize_t len = sizeof(head) + batch->len;

	if (record < 0)
		return;
	if (record_len + len > RECORD_ROOM)
		begin_next();
	if (writev(record, parts, 2) != len)
		wire_quit("nl_fuzz: %s: %s", record_path, strerror(errno));
	record_len += len;
}

/* One from the file, with the numbers of this process. */
static bool add_again(struct batch *batch, const struct nlmsghdr *nlh)
{
	static uint8_t bytes[WIRE_REQUEST_MAX + 64];
	struct nlmsghdr *again = (struct nlmsghdr *)bytes;

	if (nlh->nlmsg_len < NLMSG_HDRLEN || nlh->nlmsg_len > sizeof(bytes))
		wire_quit("nl_fuzz: not a file of messages");
	memcpy(again, nlh, nlh->nlmsg_len);
	again->nlmsg_type = batch->wire->family;
	again->nlmsg_pid = batch->wire->port;
	again->nlmsg_seq = ++batch->wire->seq;
	return batch_add(batch, again);
}

/* Those of one head, @at_once or fewer at a time. Returns what is behind them. */
static const uint8_t *send_again(const uint8_t *at, uint32_t n, uint64_t first, unsigned int at_once)
{
	static struct batch batch;

	for (uint32_t i = 0; i < n;) {
		batch_begin(&batch, &world.wires[0], first + i);
		for (; i < n && batch.n < at_once; i++) {
			const struct nlmsghdr *nlh = (const struct nlmsghdr *)at;

			if (!add_again(&batch, nlh))
				wire_quit("nl_fuzz: not a file of messages");
			at += NLMSG_ALIGN(nlh->nlmsg_len);
		}
		if (at_once == 1) {
			printf("message %llu\n", (unsigned long long)batch.first);
			fflush(stdout);
		}
		batch_send(&batch, true);
	}
	return at;
}

/* Sends what is in a file, with as many messages @at_once as there were, but no more than that. Returns how many there were. */
uint64_t replay(const char *path, unsigned int at_once)
{
	uint8_t *bytes = malloc(RECORD_ROOM);
	FILE *file = fopen(path, "re");
	size_t len = file && bytes ? fread(bytes, 1, RECORD_ROOM, file) : 0;
	const uint8_t *at = bytes;
	uint64_t sent = 0;

	if (!len)
		wire_quit("nl_fuzz: %s: nothing to be read", path);
	fclose(file);
	while (at + sizeof(struct head) <= bytes + len) {
		const struct head *head = (const struct head *)at;

		at += sizeof(*head);
		if (at + head->len > bytes + len)
			break;	/* the last one was not written to its end */
		at = send_again(at, head->n, sent, at_once);
		sent += head->n;
	}
	free(bytes);
	return sent;
}
