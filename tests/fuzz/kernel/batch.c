// SPDX-License-Identifier: GPL-2.0-or-later
/* Many messages in one buffer: the kernel takes one after the other, and their answers are read together. */
#define _GNU_SOURCE	/* memmem() */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "fuzz.h"

static bool is_dump(const struct nlmsghdr *nlh)
{
	return (nlh->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
}

/* A request that asks for one; a dump is one with both of its bits, each alone means nothing here. */
static bool has_answer(const struct nlmsghdr *nlh)
{
	return nlh->nlmsg_flags & NLM_F_REQUEST && (nlh->nlmsg_flags & NLM_F_ACK || is_dump(nlh));
}

/* The header of netlink has numbers of the process in it. */
static void digest(const struct nlmsghdr *nlh)
{
	const uint8_t *bytes = nlmsg_data(nlh);

	for (uint32_t i = 0; i + NLMSG_HDRLEN < nlh->nlmsg_len; i++)
		figures.digest = (figures.digest ^ bytes[i]) * 0x100000001b3ULL;
}

/* What takes a device from its driver waits until that one lets go, which it does not: it becomes a question. */
static void spare(struct nlmsghdr *nlh)
{
	struct genlmsghdr *genl = nlmsg_data(nlh);
	size_t len = nlh->nlmsg_len - NLMSG_HDRLEN;

	if (len < GENL_HDRLEN || (genl->cmd != VDPA_CMD_DEV_DEL && genl->cmd != VDPA_CMD_DEV_DRIVER_SET))
		return;
	for (char **spared = world.spared; *spared; spared++)
		if (memmem(genl, len, *spared, strlen(*spared)))
			genl->cmd = VDPA_CMD_DEV_GET;
}

void batch_begin(struct batch *batch, struct wire *wire, uint64_t first)
{
	batch->wire = wire;
	batch->first = first;
	batch->seq = wire->seq + 1;
	batch->n = batch->waiting = 0;
	batch->len = 0;
}

/* Returns whether there was room for it. Its sequence number has to be the next one. */
bool batch_add(struct batch *batch, struct nlmsghdr *nlh)
{
	size_t len = NLMSG_ALIGN(nlh->nlmsg_len);

	if (batch->n == BATCH_MAX || len > sizeof(batch->bytes) - batch->len)
		return false;
	spare(nlh);
	digest(nlh);
	memset(batch->bytes + batch->len, 0, len);
	memcpy(batch->bytes + batch->len, nlh, nlh->nlmsg_len);
	batch->len += len;
	batch->expected[batch->n] = has_answer(nlh);
	batch->ended[batch->n] = false;
	batch->dump[batch->n] = is_dump(nlh);
	batch->waiting += batch->expected[batch->n];
	batch->n++;
	return true;
}

static struct nl_msg *make_one(struct wire *wire, bool follow)
{
	const struct nlmsghdr *kept = follow && chance(90) ? corpus_next() : NULL;
	struct nl_msg *msg = kept ? make_again(wire, kept) : make_message(wire);

	if (kept && chance(20))
		make_wrong(msg);
	return msg;
}

/*
 * Up to @n messages, the first of which has the number @first: each has random numbers of its own. A socket has one dump at a
 * time, which goes on when its client reads, and refuses others: in the place of most of them something else is made.
 */
void batch_make(struct batch *batch, struct wire *wire, uint64_t seed, uint64_t first, unsigned int n)
{
	bool follow = corpus_size() && chance(50), has_dump = false;
	struct nl_msg *msg;

	if (follow)
		corpus_follow();
	batch_begin(batch, wire, first);
	do {
		world.rnd = wire_random_start(seed, first + batch->n);
		msg = make_one(wire, follow);
		while (has_dump && is_dump(nlmsg_hdr(msg)) && chance(95)) {
			wire->seq--;
			msg = make_one(wire, follow);
		}
		has_dump |= is_dump(nlmsg_hdr(msg));
	} while (batch_add(batch, nlmsg_hdr(msg)) && batch->n < n);
}

static void take_end(struct batch *batch, unsigned int i, int err)
{
	if (batch->ended[i])
		return;
	batch->ended[i] = true;
	*(err ? &figures.refused : &figures.done) += 1;
	figures.busy += batch->dump[i] && err == -EBUSY;
	batch->waiting -= batch->expected[i];
}

static void take_message(struct batch *batch, struct nlmsghdr *nlh)
{
	unsigned int i = nlh->nlmsg_seq - batch->seq;

	if (i >= batch->n)
		return;		/* an answer to an earlier batch, which that did not expect */
	if (nlh->nlmsg_type == NLMSG_ERROR || nlh->nlmsg_type == NLMSG_DONE)
		take_end(batch, i, *(const int *)nlmsg_data(nlh));
	else if (nlh->nlmsg_type >= NLMSG_MIN_TYPE)
		learn(nlh);
}

static void print_message(const struct nlmsghdr *nlh)
{
	for (uint32_t i = 0; i < nlh->nlmsg_len; i++)
		printf("%02x%c", ((const uint8_t *)nlh)[i], i % 32 == 31 ? '\n' : ' ');
	putchar('\n');
}

static _Noreturn void tell_silence(const struct batch *batch)
{
	const uint8_t *at = batch->bytes;

	for (unsigned int i = 0; i < batch->n; i++) {
		const struct nlmsghdr *nlh = (const struct nlmsghdr *)at;

		if (batch->expected[i] && !batch->ended[i]) {
			printf("nl_fuzz: no answer to message %llu:\n", (unsigned long long)batch->first + i);
			print_message(nlh);
		}
		at += NLMSG_ALIGN(nlh->nlmsg_len);
	}
	exit(2);
}

/* Returns false if an answer was lost, and with it what belongs to the others. */
static bool receive(struct batch *batch)
{
	struct wire *wire = batch->wire;

	while (batch->waiting) {
		int len = recv(wire->fd, wire->buf, wire->room, 0);

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0 && errno == EAGAIN)
			tell_silence(batch);
		if (len < 0)
			return false;
		for (struct nlmsghdr *nlh = (void *)wire->buf; nlmsg_ok(nlh, len); nlh = nlmsg_next(nlh, &len))
			take_message(batch, nlh);
	}
	return true;
}

/* A socket that has gone takes with it what was asked over it. */
static void replace(struct wire *wire)
{
	wire_reopen(wire);
	figures.sockets++;
}

/* If nobody is to @wait for the answers, the socket is closed at once, also in the middle of dumps. */
void batch_send(struct batch *batch, bool wait)
{
	struct wire_answer answer;
	bool whole = false;

	record_batch(batch);
	figures.batches++;
	figures.sent += batch->n;
	if (!wire_send_bytes(batch->wire, batch->bytes, batch->len, &answer)) {
		figures.unsent += batch->n;
	} else if (wait) {
		whole = receive(batch);
		figures.lost += batch->waiting;
	}
	for (unsigned int i = 0; i < batch->n; i++)
		figures.unanswered += !batch->ended[i];
	if (!whole)
		replace(batch->wire);
	reached_sent(batch);
}
