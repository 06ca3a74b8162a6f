// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nl_conform: whether the generic netlink family vdpa keeps to its grammar (tests/clients/wire/grammar.c).
 *
 *	nl_conform replies NET BLK SPARE	each attribute of each reply is of the right type, in its place
 *	nl_conform refusals NET BLK SPARE	what is not in the grammar is refused, says why and changes nothing
 *	nl_conform dumps NET BLK SPARE		dumps that are cut off, and while devices come and go
 *
 * NET and BLK are devices that their drivers have started and that can be suspended, SPARE a network device that no
 * driver has. A line for each case that is not as it should be, "not ok CASE: WHY"; at the end "cases N bad N". Exit
 * status: 0 all is as it should be, 1 usage, 2 it is not.
 */
#define _GNU_SOURCE

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conform.h"

void conform_note(struct conform *c, bool good, const char *format, ...)
{
	va_list args;

	c->cases++;
	if (good)
		return;
	c->bad++;
	va_start(args, format);
	printf("not ok ");
	vprintf(format, args);
	putchar('\n');
	va_end(args);
}

const char *conform_outcome(const struct wire_answer *answer)
{
	static char text[512];
	const char *name = answer->err ? strerrorname_np(answer->err) : "done";

	if (answer->end == WIRE_SILENT)
		return "no answer";
	snprintf(text, sizeof(text), "%s \"%s\" offset %u missing %u", name ? name : "?",
		 answer->message, answer->offset, answer->missing);
	return text;
}

void conform_append(struct nl_msg *msg, struct nl_msg *attrs)
{
	struct nlmsghdr *nlh = nlmsg_hdr(attrs);

	if (nlmsg_append(msg, nlmsg_data(nlh), nlmsg_datalen(nlh), 0))
		wire_quit("a request is too long");
}

static void keep(struct nlmsghdr *nlh, struct nl_msg *to, uint16_t from, uint16_t up_to)
{
	struct genlmsghdr *genl = genlmsg_hdr(nlh);
	struct nlattr *nla;
	int left;

	nla_for_each_attr(nla, genlmsg_attrdata(genl, 0), genlmsg_attrlen(genl, 0), left)
		if (nla_type(nla) >= from && nla_type(nla) <= up_to)
			wire_put(to, nla->nla_type, nla_data(nla), nla_len(nla));
}

static void keep_description(struct nlmsghdr *nlh, void *data)
{
	keep(nlh, data, VDPA_ATTR_MIGRATION, VDPA_ATTR_MIGRATION);
}

static void keep_state(struct nlmsghdr *nlh, void *data)
{
	keep(nlh, data, VDPA_ATTR_STATE_FEATURES, VDPA_ATTR_STATE_OFFSET);
}

/* So that it can be read. */
static void track_pages(struct conform *c)
{
	const char *const devices[] = { c->net, c->blk, c->spare };

	for (size_t i = 0; i < ARRAY_SIZE(devices); i++) {
		struct nl_msg *msg = wire_request(&c->wire, VDPA_CMD_DEV_DIRTY_START, NLM_F_ACK);
		struct wire_answer answer;

		wire_put_string(msg, VDPA_ATTR_DEV_NAME, devices[i]);
		wire_ask(&c->wire, nlmsg_hdr(msg), NULL, NULL, &answer);
		nlmsg_free(msg);
		if (answer.end != WIRE_ANSWERED || answer.err)
			wire_quit("%s tracks no pages: %s", devices[i], conform_outcome(&answer));
	}
}

static struct nl_msg *learn(struct conform *c, uint8_t command, int flags, wire_take_t take)
{
	struct nl_msg *to = take ? nlmsg_alloc_size(WIRE_REQUEST_MAX) : NULL;
	struct nl_msg *msg = wire_request(&c->wire, command, flags);
	struct wire_answer answer;

	if (take && !to)
		wire_quit("out of memory");
	wire_put_string(msg, VDPA_ATTR_DEV_NAME, c->net);
	wire_ask(&c->wire, nlmsg_hdr(msg), take, to, &answer);
	nlmsg_free(msg);
	if (answer.end != WIRE_ANSWERED || answer.err)
		wire_quit("what is needed for the cases fails: %s", conform_outcome(&answer));
	return to;
}

int main(int argc, char **argv)
{
	struct conform c = { };

	if (argc != 5)
		wire_quit("Usage: nl_conform { replies | refusals | dumps } NET BLK SPARE");
	c.net = argv[2];
	c.blk = argv[3];
	c.spare = argv[4];
	wire_open(&c.wire);
	c.description = learn(&c, VDPA_CMD_DEV_MIGRATION_GET, NLM_F_ACK, keep_description);
	learn(&c, VDPA_CMD_DEV_SUSPEND, NLM_F_ACK, NULL);
	c.state = learn(&c, VDPA_CMD_DEV_STATE_GET, NLM_F_DUMP, keep_state);
	learn(&c, VDPA_CMD_DEV_RESUME, NLM_F_ACK, NULL);
	track_pages(&c);

	if (!strcmp(argv[1], "replies"))
		conform_replies(&c);
	else if (!strcmp(argv[1], "refusals"))
		conform_refusals(&c);
	else if (!strcmp(argv[1], "dumps")) {
		conform_cut_dumps(&c);
		conform_dumps_with_others(&c);
	} else
		wire_quit("nl_conform: no part named %s", argv[1]);
	printf("cases %u bad %u\n", c.cases, c.bad);
	return c.bad ? 2 : 0;
}
