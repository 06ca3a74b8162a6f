/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nl_conform: whether the generic netlink family vdpa keeps to its grammar. main.c says what it does. */
#ifndef CONFORM_H
#define CONFORM_H

#include "wire/talk.h"

/**
 * struct conform - what the cases have in common
 * @wire: the socket that they go over
 * @net: a network device that its driver has started
 * @blk: a block device, the same
 * @spare: a network device that no driver has
 * @description: the attribute MIGRATION of @net
 * @state: the attributes of its state
 * @cases: that were looked at
 * @bad: of these, that were not as they should be
 */
struct conform {
	struct wire wire;
	const char *net;
	const char *blk;
	const char *spare;
	struct nl_msg *description;
	struct nl_msg *state;
	unsigned int cases;
	unsigned int bad;
};

void conform_note(struct conform *c, bool good, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
const char *conform_outcome(const struct wire_answer *answer);
void conform_append(struct nl_msg *msg, struct nl_msg *attrs);

/* request.c */
struct nl_msg *conform_request(struct conform *c, const struct wire_command *command, bool dump);

/* reply.c */
void conform_replies(struct conform *c);

/* refuse.c */
void conform_refusals(struct conform *c);

/* dumps.c */
void conform_cut_dumps(struct conform *c);
void conform_dumps_with_others(struct conform *c);

#endif
