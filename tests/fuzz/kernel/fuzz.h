/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's fuzzer: make.c makes messages, batch.c sends them many at a time, corpus.c keeps those that were worth it,
 * reached.c knows by what our modules have counted which were, record.c has on disk what was sent last, main.c has the
 * options and looks at the devices.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/random.h"
#include "wire/talk.h"

enum {
	SOCKETS = 4,
	DEVICES_MAX = 64,	/* that are remembered */
	DEVICES_MANY = 24,	/* more are not wanted */
	PIECES_MAX = 64,
	NAME_SIZE = VDPA_NAME_LEN_MAX + 1,
	KEPT_MAX = 8192,	/* bytes of a message that is kept; longer ones are sent, but not remembered */
	BATCH_MAX = 64,		/* messages that are sent at once */
};

/* A piece of a message, or messages one behind the other, each with its header. */
struct piece {
	uint8_t *bytes;
	size_t len;
};

/* What is remembered. */
struct world {
	struct wire wires[SOCKETS];
	struct wire control;
	char devices[DEVICES_MAX][NAME_SIZE];
	size_t n_devices;
	char **spared;		/* devices that are left alone, up to NULL */
	struct piece descriptions[PIECES_MAX];	/* payloads of MIGRATION */
	size_t n_descriptions;
	struct piece states[PIECES_MAX];	/* attributes of STATE_GET replies */
	size_t n_states;
	uint64_t features[PIECES_MAX];
	size_t n_features;
	struct wire_random rnd;
};

extern struct world world;

struct figures {
	uint64_t sent;
	uint64_t batches;
	uint64_t done;
	uint64_t refused;
	uint64_t busy;		/* of these: dumps, as one was under way on the socket */
	uint64_t unsent;
	uint64_t unanswered;	/* that had no answer coming, or whose answer nobody waited for */
	uint64_t lost;
	uint64_t sockets;
	uint64_t digest;	/* of all that was sent (FNV-1a) */
};

extern struct figures figures;

static inline uint32_t below(uint32_t n)
{
	return wire_below(&world.rnd, n);
}

static inline bool chance(unsigned int percent)
{
	return wire_chance(&world.rnd, percent);
}

/* main.c */
void keep(struct piece *piece, const void *bytes, size_t len);
void learn(struct nlmsghdr *nlh);

/* make.c */
struct nl_msg *make_message(struct wire *wire);
struct nl_msg *make_again(struct wire *wire, const struct nlmsghdr *kept);
void make_wrong(struct nl_msg *msg);

/* corpus.c */
void corpus_keep(const struct piece *trail);
size_t corpus_size(void);
const struct nlmsghdr *corpus_any(void);
void corpus_follow(void);
const struct nlmsghdr *corpus_next(void);

/**
 * struct batch - messages that are sent at once
 * @wire: over which socket
 * @first: number of the first one, for people
 * @seq: the first one's on the wire
 * @n: how many
 * @waiting: of how many the answer has yet to come
 * @expected: it has an answer
 * @ended: the answer has come
 * @dump: it asks for a dump
 * @len: bytes of all
 * @bytes: all, one behind the other
 */
struct batch {
	struct wire *wire;
	uint64_t first;
	uint32_t seq;
	unsigned int n;
	unsigned int waiting;
	bool expected[BATCH_MAX];
	bool ended[BATCH_MAX];
	bool dump[BATCH_MAX];
	size_t len;
	uint8_t bytes[WIRE_REQUEST_MAX + 64 * 1024];
};

/* batch.c */
void batch_begin(struct batch *batch, struct wire *wire, uint64_t first);
bool batch_add(struct batch *batch, struct nlmsghdr *nlh);
void batch_make(struct batch *batch, struct wire *wire, uint64_t seed, uint64_t first, unsigned int n);
void batch_send(struct batch *batch, bool wait);

/* reached.c */
bool reached_open(const char *dir);
void reached_sent(const struct batch *batch);
void reached_tell(void);

/* record.c */
void record_open(const char *path);
void record_batch(const struct batch *batch);
uint64_t replay(const char *path, unsigned int at_once);

#endif
