// SPDX-License-Identifier: GPL-2.0-or-later
/* Replies, attribute by attribute. */
#include <linux/virtio_ids.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "conform.h"

/* What is being looked at. */
struct look {
	struct conform *c;
	const struct wire_command *command;
	const char *of;		/* "one", "all" … */
	uint32_t seq;
	bool dump;
	uint32_t class;		/* of the device that the message is about; 0: not known yet */
	unsigned int messages;
};

static bool bad(struct look *look, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool bad(struct look *look, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	conform_note(look->c, false, "%s of %s, message %u: %s", look->command->name, look->of,
		     look->messages, text);
	return false;
}

static uint64_t number_in(const struct nlattr *nla)
{
	uint64_t value = 0;

	memcpy(&value, nla_data(nla), nla_len(nla));
	return value;
}

static bool check_text(struct look *look, const struct wire_attr *attr, const struct nlattr *nla)
{
	const char *text = nla_data(nla);
	size_t len = nla_len(nla);

	if (!len || text[len - 1] || strlen(text) != len - 1)
		return bad(look, "%s is no terminated string", attr->name);
	if (attr->max && len - 1 > attr->max)
		return bad(look, "%s has %zu bytes", attr->name, len - 1);
	return true;
}

static bool check_value(struct look *look, const struct wire_attr *attr, const struct nlattr *nla)
{
	size_t size = wire_size(attr->type);

	if (!(nla->nla_type & NLA_F_NESTED) != (attr->type != WIRE_NEST))
		return bad(look, "%s is nested where it should be flat, or the other way round",
			   attr->name);
	if (attr->type == WIRE_STRING || attr->type == WIRE_NAME)
		return check_text(look, attr, nla);
	if (attr->type == WIRE_FLAG && nla_len(nla))
		return bad(look, "the flag %s has a payload", attr->name);
	if (size && (size_t)nla_len(nla) != size)
		return bad(look, "%s has %d bytes", attr->name, nla_len(nla));
	if (size && size <= 8 && attr->type != WIRE_MAC && attr->max && number_in(nla) > attr->max)
		return bad(look, "%s is %llu", attr->name, (unsigned long long)number_in(nla));
	return true;
}

/* What is nested: known, each but what a list consists of once. */
static bool check_nest(struct look *look, const struct wire_attr *nest, struct nlattr *head)
{
	uint64_t seen = 0;
	struct nlattr *nla;
	int left;

	nla_for_each_nested(nla, head, left) {
		const struct wire_attr *attr = wire_attr(nest->nest, nla_type(nla));
		bool many = attr && (attr->nest || attr->number == VDPA_MIGRATION_ATTR_MEMBER);

		if (!nla_type(nla))
			continue;
		if (!attr)
			return bad(look, "%s has the unknown attribute %u", nest->name,
				   nla_type(nla));
		if (!check_value(look, attr, nla))
			return false;
		if (!many && seen >> (attr - nest->nest) & 1)
			return bad(look, "%s has %s twice", nest->name, attr->name);
		seen |= 1ULL << (attr - nest->nest);
		if (attr->nest && !check_nest(look, attr, nla))
			return false;
	}
	if (left > 0)
		return bad(look, "%s has %d bytes too many", nest->name, left);
	for (const struct wire_attr *attr = nest->nest; attr->name; attr++)
		if (attr->always && !(seen >> (attr - nest->nest) & 1))
			return bad(look, "%s lacks %s", nest->name, attr->name);
	return true;
}

static bool of_class(uint16_t attr, uint32_t class)
{
	if (attr >= VDPA_ATTR_DEV_NET_CFG_MACADDR && attr <= VDPA_ATTR_DEV_NET_CFG_MTU)
		return class == VIRTIO_ID_NET;
	if (attr >= VDPA_ATTR_DEV_BLK_CFG_CAPACITY && attr <= VDPA_ATTR_DEV_BLK_FLUSH)
		return class == VIRTIO_ID_BLOCK;
	return true;
}

static int place_of(const struct wire_command *command, uint16_t attr)
{
	for (int i = 0; command->replies[i].attr; i++)
		if (command->replies[i].attr == attr)
			return i;
	return -1;
}

static bool check_attr(struct look *look, struct nlattr *nla, int *place)
{
	const struct wire_use *uses = look->command->replies;
	const struct wire_attr *attr = wire_attr(wire_attrs, nla_type(nla));
	int at = place_of(look->command, nla_type(nla));

	if (at < 0)
		return bad(look, "attribute %u does not belong there", nla_type(nla));
	if (at == *place && uses[at].when != WIRE_MANY)
		return bad(look, "%s is there twice", attr->name);
	if (at < *place && !(uses[at].when == WIRE_MANY && uses[*place].when == WIRE_MANY))
		return bad(look, "%s comes too late", attr->name);
	*place = at;
	if (!check_value(look, attr, nla))
		return false;
	if (nla_type(nla) == VDPA_ATTR_DEV_ID)
		look->class = nla_get_u32(nla);
	if (look->class && !of_class(nla_type(nla), look->class))
		return bad(look, "%s is of another class", attr->name);
	return !attr->nest || check_nest(look, attr, nla);
}

static bool check_header(struct look *look, struct nlmsghdr *nlh)
{
	struct genlmsghdr *genl = genlmsg_hdr(nlh);

	if (nlh->nlmsg_type != look->c->wire.family || nlh->nlmsg_pid != look->c->wire.port)
		return bad(look, "its header has type %u, port %u", nlh->nlmsg_type,
			   nlh->nlmsg_pid);
	if (!(nlh->nlmsg_flags & NLM_F_MULTI) != !look->dump ||
	    nlh->nlmsg_flags & ~(NLM_F_MULTI | NLM_F_DUMP_INTR))
		return bad(look, "it has the flags 0x%x", nlh->nlmsg_flags);
	if (genl->cmd != look->command->reply || genl->version != VDPA_GENL_VERSION)
		return bad(look, "it is command %u, version %u", genl->cmd, genl->version);
	return true;
}

static bool check_all_there(struct look *look, uint64_t seen)
{
	const struct wire_use *uses = look->command->replies;

	for (int i = 0; uses[i].attr; i++)
		if (uses[i].when == WIRE_ALWAYS && !(seen >> i & 1))
			return bad(look, "%s is missing",
				   wire_attr(wire_attrs, uses[i].attr)->name);
	return true;
}

/* Attributes that go together. */
static bool check_pairs(struct look *look, uint64_t seen)
{
	static const uint16_t pairs[][2] = {
		{ VDPA_ATTR_DEV_STATUS, VDPA_ATTR_DEV_CAPS },
		{ VDPA_ATTR_DEV_SUSPEND_LAST, VDPA_ATTR_DEV_SUSPEND_MAX },
		{ VDPA_ATTR_DEV_RESUME_LAST, VDPA_ATTR_DEV_RESUME_MAX },
		{ VDPA_ATTR_DEV_QUEUE_INDEX, VDPA_ATTR_VQ_SIZE },
		{ VDPA_ATTR_VQ_TYPE, VDPA_ATTR_VQ_READY },
		{ VDPA_ATTR_VQ_AVAIL_INDEX, VDPA_ATTR_VQ_STABLE },
		{ VDPA_ATTR_VQ_USED_INDEX, VDPA_ATTR_VQ_USED_COUNTER },
		{ VDPA_ATTR_DEV_VENDOR_ATTR_NAME, VDPA_ATTR_DEV_VENDOR_ATTR_VALUE },
		{ VDPA_ATTR_STATE_FEATURES, VDPA_ATTR_STATE_STATUS },
		{ VDPA_ATTR_STATE_OFFSET, VDPA_ATTR_STATE_PRIVATE },
		{ VDPA_ATTR_MIGRATION, VDPA_ATTR_STATE_ROUND },
		{ VDPA_ATTR_PRECOPY_INITIAL, VDPA_ATTR_PRECOPY_DIRTY },
	};

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		int a = place_of(look->command, pairs[i][0]),
		    b = place_of(look->command, pairs[i][1]);

		if (a >= 0 && b >= 0 && (seen >> a & 1) != (seen >> b & 1))
			return bad(look, "%s comes without %s, or the other way round",
				   wire_attr(wire_attrs, pairs[i][0])->name,
				   wire_attr(wire_attrs, pairs[i][1])->name);
	}
	return true;
}

static void check(struct nlmsghdr *nlh, void *data)
{
	struct genlmsghdr *genl = genlmsg_hdr(nlh);
	struct look *look = data;
	uint64_t seen = 0;
	struct nlattr *nla;
	int left, place = -1;
	bool good;

	look->messages++;
	look->class = 0;
	good = check_header(look, nlh);
	nla_for_each_attr(nla, genlmsg_attrdata(genl, 0), genlmsg_attrlen(genl, 0), left) {
		if (nla->nla_type == VDPA_ATTR_PAD && !nla_len(nla))
			continue;
		good = good && check_attr(look, nla, &place);
		if (good)
			seen |= 1ULL << place;
	}
	if (good && left > 0)
		good = bad(look, "%d bytes too many", left);
	if (good && check_all_there(look, seen) && check_pairs(look, seen))
		conform_note(look->c, true, "%s", "");
}

/* @least: messages that there are at least */
static void look_at(struct conform *c, const struct wire_command *command, struct nl_msg *msg,
		    const char *of, bool dump, unsigned int least)
{
	struct look look = { .c = c, .command = command, .of = of, .dump = dump };
	struct wire_answer answer;

	wire_ask(&c->wire, nlmsg_hdr(msg), check, &look, &answer);
	nlmsg_free(msg);
	conform_note(c,
		     answer.end == WIRE_ANSWERED && !answer.err && !answer.interrupted &&
			     answer.dump == dump && answer.parts >= least &&
			     (dump || command->reply || !answer.parts),
		     "%s of %s: %u messages, at the end %s", command->name, of, answer.parts,
		     conform_outcome(&answer));
}

/* Beside the device: a queue, or addresses, of which the first is 0. */
static void put_part(struct nl_msg *msg, const struct wire_command *command)
{
	const uint64_t first = 0, last = UINT64_MAX;
	const uint32_t index = 0;

	if (command->request[1].attr == VDPA_ATTR_DEV_QUEUE_INDEX)
		wire_put(msg, VDPA_ATTR_DEV_QUEUE_INDEX, &index, sizeof(index));
	if (command->request[1].attr == VDPA_ATTR_DIRTY_FIRST) {
		wire_put(msg, VDPA_ATTR_DIRTY_FIRST, &first, sizeof(first));
		wire_put(msg, VDPA_ATTR_DIRTY_LAST, &last, sizeof(last));
	}
}

/* Devices that do something and one that does nothing yet; that one has no statistics. */
static void look_at_one(struct conform *c, const struct wire_command *command)
{
	const char *const devices[] = { c->net, c->blk, c->spare };
	const char *const parents[] = { "vdpasim_net", "vdpasim_blk" };

	if (command->request[0].attr != VDPA_ATTR_DEV_NAME) {
		for (size_t i = 0; i < ARRAY_SIZE(parents); i++) {
			struct nl_msg *msg = wire_request(&c->wire, command->number, NLM_F_ACK);

			wire_put_string(msg, VDPA_ATTR_MGMTDEV_DEV_NAME, parents[i]);
			look_at(c, command, msg, parents[i], false, 1);
		}
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++) {
		struct nl_msg *msg = wire_request(&c->wire, command->number, NLM_F_ACK);

		if (command->number == VDPA_CMD_DEV_VSTATS_GET && devices[i] == c->spare) {
			nlmsg_free(msg);
			continue;
		}
		wire_put_string(msg, VDPA_ATTR_DEV_NAME, devices[i]);
		put_part(msg, command);
		look_at(c, command, msg, devices[i], false, 1);
	}
}

static void look_at_dumps(struct conform *c, const struct wire_command *command)
{
	bool parents = command->request[0].attr != VDPA_ATTR_DEV_NAME;
	struct nl_msg *msg;

	if (command->one)
		look_at(c, command, wire_request(&c->wire, command->number, NLM_F_DUMP), "all",
			true, parents ? 2 : 3);
	if (!command->dump_request[0].attr)
		return;
	msg = wire_request(&c->wire, command->number, NLM_F_DUMP);
	wire_put_string(msg, VDPA_ATTR_DEV_NAME, c->net);
	look_at(c, command, msg, c->net, true, 2);
}

static void look_at_gets(struct conform *c, bool suspended)
{
	for (size_t i = 0; i < wire_commands_n; i++) {
		const struct wire_command *command = &wire_commands[i];

		if (!command->reply || command->begun || (!command->one && !suspended))
			continue;
		if (command->one)
			look_at_one(c, command);
		if (command->dump)
			look_at_dumps(c, command);
	}
}

static void look_at_change(struct conform *c, const char *name)
{
	const struct wire_command *command = wire_command_named(name);

	look_at(c, command, conform_request(c, command, false), "one", false, 0);
}

/* A pre-copy of a device that is suspended: a round, and the rest, which ends it; another one that is ended by hand. */
static void look_at_precopy(struct conform *c)
{
	const struct wire_command *round = wire_command(VDPA_CMD_DEV_PRECOPY_GET),
				  *rest = wire_command(VDPA_CMD_DEV_STATE_GET);
	struct nl_msg *msg;

	look_at_change(c, "dev-precopy-start");
	look_at(c, round, conform_request(c, round, true), "a round", true, 2);
	msg = wire_request(&c->wire, rest->number, NLM_F_DUMP);
	wire_put_string(msg, VDPA_ATTR_DEV_NAME, c->blk);
	wire_put(msg, VDPA_ATTR_STATE_REST, NULL, 0);
	look_at(c, rest, msg, "the rest", true, 2);
	look_at_change(c, "dev-precopy-start");
	look_at_change(c, "dev-precopy-stop");
}

static void delete_created(struct conform *c)
{
	struct nl_msg *msg = wire_request(&c->wire, VDPA_CMD_DEV_DEL, NLM_F_ACK);

	wire_put_string(msg, VDPA_ATTR_DEV_NAME, "conform");
	look_at(c, wire_command(VDPA_CMD_DEV_DEL), msg, "the created one", false, 0);
}

/* Everything that can be asked, before, while and after the devices are suspended. */
void conform_replies(struct conform *c)
{
	look_at_gets(c, false);
	look_at_change(c, "dev-new");
	look_at_gets(c, false);
	delete_created(c);
	look_at_change(c, "dev-attr-set");
	look_at_change(c, "dev-attr-set of an MTU");
	look_at_change(c, "dev-vq-set");
	look_at_change(c, "migration-check");
	look_at_change(c, "dev-suspend of a group");
	look_at_gets(c, true);
	look_at_precopy(c);
	look_at_change(c, "dev-state-set");
	look_at_change(c, "dev-resume of a group");
	look_at_change(c, "dev-suspend");
	look_at_change(c, "dev-resume");
	look_at_gets(c, false);
}
