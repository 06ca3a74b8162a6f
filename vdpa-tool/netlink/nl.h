/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One generic netlink socket and the vdpa family behind it.
 *
 * The kernel may be newer, older or hostile: a message is looked at only as
 * far as its length was checked.
 */
#ifndef VDPA_TOOL_NL_H
#define VDPA_TOOL_NL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libmnl/libmnl.h>

/* Why a request failed. */
struct nl_error {
	int errnum;		/* an errno, positive */
	char message[256];	/* the kernel's own, or ours; "" when there is none */
	char attribute[64];	/* the attribute at fault or missing; "" when there is none */
};

/*
 * Called for each message of a reply; its generic netlink header is complete.
 * Returns 0, or -1 with @err filled in, which is then the outcome of
 * the exchange: what is left of the reply is read but not passed on.
 */
typedef int (*nl_cb)(const struct nlmsghdr *nlh, struct nl_error *err, void *data);

struct nl {
	struct mnl_socket *socket;	/* NULL until nl_open() */
	uint16_t family;
	uint32_t monitor_group;		/* of the events; 0: the kernel has none */
	uint32_t seq;			/* of the request last prepared */
	uint8_t commands[256];		/* GENL_CMD_CAP_* per command; 0: the kernel lacks it */
	char *tx, *rx;			/* buffers, NL_TX_SIZE and NL_RX_SIZE bytes */
};

enum {
	NL_TX_SIZE = 64 * 1024,	/* the names of VDPA_GROUP_MAX devices */
	NL_RX_SIZE = 64 * 1024,		/* the kernel fills 32 KiB of a dump at a time */
	NL_EVENTS_SIZE = 1024 * 1024,	/* events that wait to be read */
};

/* Opens a socket and asks the kernel for the family. Returns 0 or -1 with @err. */
int nl_open(struct nl *nl, struct nl_error *err);

/* Opens another socket for the family that @like found. Returns 0 or -1 with @err. */
int nl_open_like(struct nl *nl, const struct nl *like, struct nl_error *err);

void nl_close(struct nl *nl);

/* Whether the kernel knows @command and has it as a dump. */
bool nl_knows(const struct nl *nl, uint8_t command);
bool nl_dumps(const struct nl *nl, uint8_t command);

/*
 * Prepares a request in nl->tx; the caller appends attributes to it (names
 * and the like, checked to be far shorter than the buffer). @flags: 0 or
 * NLM_F_DUMP.
 */
struct nlmsghdr *nl_request(struct nl *nl, uint8_t command, uint16_t flags);

/*
 * Sends the prepared request and waits for all of its reply, however long the
 * kernel takes. Returns 0 or -1 with @err; with 0, a message in @err is a warning. @interrupted, which may be NULL,
 * becomes true when what was dumped changed in between.
 */
int nl_exchange(struct nl *nl, nl_cb cb, void *data, bool *interrupted, struct nl_error *err);

/*
 * Joins the group of the events, which the kernel has: from now on nl_listen() receives them, and the
 * socket is good for nothing else. Returns 0 or -1 with @err.
 */
int nl_join(struct nl *nl, struct nl_error *err);

/* Waits until nl_listen() would not, or @ms milliseconds have gone by. Returns whether it would not. */
bool nl_wait(struct nl *nl, int ms);

/*
 * Waits for events and passes each to @cb. Returns 0 after at least one, or -1
 * with @err: ENOBUFS where events were lost because we were too slow.
 */
int nl_listen(struct nl *nl, nl_cb cb, void *data, struct nl_error *err);

/* Drops the events that wait to be read. */
void nl_drain(struct nl *nl);

/* Fills @err in. Always returns -1. */
int nl_fail(struct nl_error *err, int errnum, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* --- several requests at once --- */

enum nl_state { NL_MORE, NL_DONE, NL_FAILED };

/* A request that waits for its reply. */
struct nl_reply {
	const struct nlmsghdr *request;
	uint16_t family;	/* the message type of what is expected */
	nl_cb cb;		/* may be NULL */
	void *data;
	bool interrupted;
	bool failed;		/* cb has refused: the rest is only read to its end */
	struct nl_error *err;
	enum nl_state state;
};

/* Sends the prepared request. Returns 0 or -1 with @err. */
int nl_send(struct nl *nl, struct nl_error *err);

/*
 * Waits for one message, and has each of @count replies that is NL_MORE take what is its own. Replies may come in any order,
 * and mixed with each other.
 */
void nl_receive(struct nl *nl, struct nl_reply *replies, size_t count);

/* Makes the socket's buffer as large as the host allows: for many replies, or for events. */
void nl_grow(struct nl *nl);

/* --- the parser by itself --- */

/*
 * Takes @len bytes as they were received. Returns NL_MORE while the reply is
 * not complete. Messages that answer another request are passed over.
 */
enum nl_state nl_parse(struct nl_reply *reply, const void *buf, size_t len);

/* Takes the kernel's description of the family; @data is the struct nl. */
int nl_family_cb(const struct nlmsghdr *nlh, struct nl_error *err, void *data);

#endif
