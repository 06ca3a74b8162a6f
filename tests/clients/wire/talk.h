/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A conversation with the generic netlink family vdpa: requests as they are, right or wrong, and what comes back. */
#ifndef WIRE_TALK_H
#define WIRE_TALK_H

#include <linux/netlink.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "grammar.h"

/* Bytes of the longest request. */
#define WIRE_REQUEST_MAX	(128 * 1024)

/* Bytes of the longest message that is received, if not told otherwise: the kernel makes a dump's parts smaller. */
#define WIRE_ROOM		(64 * 1024)

/**
 * struct wire - a socket; for one thread at a time
 * @sock: the library's
 * @fd: its file
 * @family: the number of the family
 * @port: the socket's own
 * @seq: of the request before
 * @strays: messages that came and were not of the answer waited for
 * @room: bytes of @buf, and of the largest message that is taken
 * @buf: what was received last
 */
struct wire {
	struct nl_sock *sock;
	int fd;
	int family;
	uint32_t port;
	uint32_t seq;
	unsigned int strays;
	size_t room;
	uint8_t *buf;
};

/* What became of a request. */
enum wire_end {
	WIRE_ANSWERED, /* @err is what the kernel says, 0: done */
	WIRE_UNSENT, /* @err is what sending says */
	WIRE_LOST, /* the kernel could not send what it had to say: @err from receiving, ENOBUFS */
	WIRE_SILENT, /* nothing came in time */
};

/**
 * struct wire_answer - the answer to a request
 * @end: whether there is one
 * @err: errno, 0: done
 * @dump: it ended as a dump ends
 * @message: of the extended ack; "" if it has none
 * @offset: of the attribute at fault, in the request; 0: the ack points at none
 * @missing: type of the attribute that is missing, 0: the ack names none
 * @interrupted: the dump's set changed on the way
 * @parts: messages before the end
 */
struct wire_answer {
	enum wire_end end;
	int err;
	bool dump;
	char message[160];
	uint32_t offset;
	uint32_t missing;
	bool interrupted;
	unsigned int parts;
};

typedef void (*wire_take_t)(struct nlmsghdr *nlh, void *data);

/* A number on the command line, decimal, or hexadecimal with 0x; ends the program where @text is none. */
uint64_t wire_number(const char *text);

_Noreturn void wire_quit(const char *format, ...) __attribute__((format(printf, 1, 2)));

void wire_open(struct wire *wire);
void wire_open_at(struct wire *wire, uint32_t port, size_t room);
void wire_reopen(struct wire *wire);
void wire_close(struct wire *wire);
void wire_timeout(struct wire *wire, int timeout_ms);
bool wire_listen(struct wire *wire);

struct nl_msg *wire_request(struct wire *wire, uint8_t command, int flags);
void wire_put(struct nl_msg *msg, uint16_t attr, const void *data, size_t len);
void wire_put_string(struct nl_msg *msg, uint16_t attr, const char *text);
void wire_put_number(struct nl_msg *msg, const struct wire_attr *attr, uint64_t value);

bool wire_send(struct wire *wire, struct nlmsghdr *nlh, struct wire_answer *answer);
bool wire_send_bytes(struct wire *wire, const void *bytes, size_t len, struct wire_answer *answer);
void wire_receive(struct wire *wire, uint32_t seq, wire_take_t take, void *data,
		  struct wire_answer *answer);
void wire_ask(struct wire *wire, struct nlmsghdr *nlh, wire_take_t take, void *data,
	      struct wire_answer *answer);
void wire_drain(struct wire *wire);

/* shown.c: all that the family shows; wire_show() without what moves by itself (counters of events and times) */

struct wire_shown {
	uint8_t *bytes;
	size_t len;
};

bool wire_show(struct wire *wire, struct wire_shown *shown);
bool wire_show_all(struct wire *wire, struct wire_shown *shown);
bool wire_shown_same(const struct wire_shown *a, const struct wire_shown *b);
void wire_shown_print_difference(const struct wire_shown *a, const struct wire_shown *b);
void wire_shown_free(struct wire_shown *shown);

#endif
