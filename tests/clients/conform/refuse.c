// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is not in the grammar: for each command and each of its attributes, also nested ones, one thing that is wrong.
 * The kernel refuses it with one of a few errors, says why or points at it, and nothing has changed.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "conform.h"

/* What can be wrong with an attribute. */
enum fault {
	MISSING,
	SHORT,		/* by one byte */
	LONG,		/* by one byte */
	EMPTY,
	NESTED,		/* the flag is there and should not be, or the other way round */
	UNTERMINATED,
	TOO_LONG,	/* a string of more bytes than it may have */
	UNKNOWN,	/* another number, that no attribute has */
	CUT,		/* the last one of what it is in claims more bytes than there are */
	TWICE,		/* the second time with a value that is none */
	FAULTS,
};

static const char *const fault_names[] = {
	[MISSING] = "missing",
	[SHORT] = "too short",
	[LONG] = "too long",
	[EMPTY] = "empty",
	[NESTED] = "nested or flat",
	[UNTERMINATED] = "unterminated",
	[TOO_LONG] = "a longer string",
	[UNKNOWN] = "of unknown number",
	[CUT] = "cut off",
	[TWICE] = "twice",
};

/* The errors that a refusal may have. */
struct errors {
	int errs[4];
};

static const struct errors invalid = { { EINVAL } };
static const struct errors invalid_size = { { EINVAL, ERANGE } };

/* A value that is none, for the second of two. */
static const struct {
	uint16_t attr;
	const char *bytes;
	size_t len;
	struct errors errors;
} wrong_values[] = {
	{ VDPA_ATTR_MGMTDEV_DEV_NAME, "nowhere", 8, { { ENODEV } } },
	{ VDPA_ATTR_DEV_NAME, "", 1, { { ENODEV, EINVAL } } },
	{ VDPA_ATTR_DEV_NET_CFG_MACADDR, "\1\0\0\0\0\1", 6, { { EINVAL, EOPNOTSUPP } } },
	{ VDPA_ATTR_DEV_NET_CFG_MTU, "\1\0", 2, { { ERANGE } } },
	{ VDPA_ATTR_DEV_NET_CFG_MAX_VQP, "\0\0", 2, { { EINVAL } } },
	{ VDPA_ATTR_DEV_FEATURES, "\0\0\0\0\0\0\0\x80", 8, { { EINVAL } } },
	{ VDPA_ATTR_DEV_QUEUE_INDEX, "\xff\xff\xff\xff", 4, { { ERANGE } } },
	{ VDPA_ATTR_DEADLINE, "\0\0\0\0", 4, { { ERANGE } } },
	{ VDPA_ATTR_STATE_OFFSET, "\1\0\0\0\0\0\0\0", 8, { { EINVAL } } },
	{ VDPA_ATTR_MIGRATION, "", 0, { { EINVAL } } },
};

/**
 * struct breaking - a request that is copied with a fault
 * @command: what it is
 * @which: the attribute that gets it, counted as they come, nested ones after what they are in
 * @count: attributes copied so far
 * @fault: the fault
 * @attr: set to the attribute
 * @in: set to the number of what it is nested in, 0: nothing
 * @depth: set to how deep it is: 0: top level
 * @found: set if there is an attribute @which
 * @last: set if it is the last of what it is in
 * @from: set to where in the message the top-level attribute starts that has it
 * @to: set to where that one ends
 */
struct breaking {
	const struct wire_command *command;
	unsigned int which;
	unsigned int count;
	enum fault fault;
	const struct wire_attr *attr;
	uint16_t in;
	int depth;
	bool found;
	bool last;
	uint32_t from;
	uint32_t to;
};

static uint32_t end_of(struct nl_msg *msg)
{
	return nlmsg_hdr(msg)->nlmsg_len;
}

static void put_wrong(struct nl_msg *msg, uint16_t attr)
{
	for (size_t i = 0; i < ARRAY_SIZE(wrong_values); i++)
		if (wrong_values[i].attr == attr)
			wire_put(msg, attr | (attr == VDPA_ATTR_MIGRATION ? NLA_F_NESTED : 0),
				 wrong_values[i].bytes, wrong_values[i].len);
}

static void put_broken(struct nl_msg *msg, const struct nlattr *nla, enum fault fault)
{
	static char bytes[WIRE_REQUEST_MAX];
	uint32_t at = end_of(msg);
	int len = nla_len(nla);

	memset(bytes, 'x', sizeof(bytes));
	memcpy(bytes, nla_data(nla), len);
	switch (fault) {
	case MISSING:
		return;
	case SHORT:
	case UNTERMINATED:
		wire_put(msg, nla->nla_type, bytes, len ? len - 1 : 0);
		return;
	case LONG:
		wire_put(msg, nla->nla_type, bytes, len + 1);
		return;
	case EMPTY:
		wire_put(msg, nla->nla_type, NULL, 0);
		return;
	case NESTED:
		wire_put(msg, nla->nla_type ^ NLA_F_NESTED, bytes, len);
		return;
	case TOO_LONG:
		memset(bytes, 'x', 300);
		bytes[300] = '\0';
		wire_put(msg, nla->nla_type, bytes, 301);
		return;
	case UNKNOWN:
		wire_put(msg, (nla->nla_type & NLA_F_NESTED) | 60, bytes, len);
		return;
	case CUT:
		wire_put(msg, nla->nla_type, bytes, len);
		((struct nlattr *)((char *)nlmsg_hdr(msg) + at))->nla_len += 64;
		return;
	default:
		wire_put(msg, nla->nla_type, bytes, len);
		put_wrong(msg, nla_type(nla));
	}
}

static void copy_attrs(struct breaking *b, struct nl_msg *to, struct nlattr *head, int len,
		       const struct wire_attr *attrs, uint16_t in, int depth);

static void copy_attr(struct breaking *b, struct nl_msg *to, struct nlattr *nla,
		      const struct wire_attr *attrs, uint16_t in, int depth, bool last)
{
	const struct wire_attr *attr = wire_attr(attrs, nla_type(nla));
	uint32_t at = end_of(to);
	struct nlattr *nest;

	/* A pad attribute: what belongs there depends on the machine. */
	if (!nla_type(nla)) {
		wire_put(to, nla->nla_type, nla_data(nla), nla_len(nla));
		return;
	}
	if (b->count++ == b->which) {
		b->found = true;
		b->attr = attr;
		b->in = in;
		b->depth = depth;
		b->last = last;
		put_broken(to, nla, b->fault);
	} else if (attr->nest) {
		bool had = b->found;

		nest = nla_nest_start(to, attr->number);
		copy_attrs(b, to, nla_data(nla), nla_len(nla), attr->nest, attr->number, depth + 1);
		/* The library takes a nest away that is empty. */
		nest->nla_type |= NLA_F_NESTED;
		nest->nla_len = (char *)nlmsg_hdr(to) + end_of(to) - (char *)nest;
		if (had || !b->found)
			return;
	} else {
		wire_put(to, nla->nla_type, nla_data(nla), nla_len(nla));
		return;
	}
	if (!depth) {
		b->from = at;
		b->to = end_of(to);
	}
}

static void copy_attrs(struct breaking *b, struct nl_msg *to, struct nlattr *head, int len,
		       const struct wire_attr *attrs, uint16_t in, int depth)
{
	struct nlattr *nla;
	int left;

	nla_for_each_attr(nla, head, len, left)
		copy_attr(b, to, nla, attrs, in, depth, left <= (int)NLA_ALIGN(nla->nla_len));
}

static enum wire_when when_of(const struct wire_command *command, uint16_t attr)
{
	const struct wire_use *use = command->one ? command->request : command->dump_request;

	for (; use->attr; use++)
		if (use->attr == attr)
			return use->when;
	return WIRE_MAYBE;
}

/* Whether the request cannot do without it. A state without its end is a part of one. */
static bool needed(const struct breaking *b)
{
	if (!b->depth)
		return when_of(b->command, b->attr->number) == WIRE_ALWAYS &&
		       b->attr->number != VDPA_ATTR_STATE_END;
	return b->attr->always;
}

static const struct errors *wrong_value(uint16_t attr)
{
	for (size_t i = 0; i < ARRAY_SIZE(wrong_values); i++)
		if (wrong_values[i].attr == attr)
			return &wrong_values[i].errors;
	return NULL;
}

/* What the kernel has to say to the fault; NULL: it is none, for this attribute. */
static const struct errors *expected(const struct breaking *b)
{
	static const struct errors missing = { { EINVAL, EOPNOTSUPP } };
	static const struct errors text = { { EINVAL, ERANGE, ENODEV } };
	const struct wire_attr *attr = b->attr;
	bool fixed = wire_size(attr->type) || attr->type == WIRE_FLAG;
	bool string = attr->type == WIRE_STRING || attr->type == WIRE_NAME;

	switch (b->fault) {
	case MISSING:
		return needed(b) ? &missing : NULL;
	case SHORT:
		return wire_size(attr->type) ? &invalid_size : NULL;
	case LONG:
		return fixed ? &invalid_size : NULL;
	case EMPTY:
		if (attr->type == WIRE_FLAG || attr->type == WIRE_BINARY)
			return NULL;
		return &invalid_size;
	case NESTED:
	case UNKNOWN:
		return &invalid;
	case CUT:
		return b->last ? &invalid : NULL;
	case UNTERMINATED:
		return attr->type == WIRE_STRING ? &invalid : NULL;
	case TOO_LONG:
		return string ? &text : NULL;
	case TWICE:
		return b->depth ? NULL : wrong_value(attr->number);
	default:
		return NULL;
	}
}

static bool is_one_of(const struct errors *errors, int err)
{
	for (size_t i = 0; i < ARRAY_SIZE(errors->errs); i++)
		if (err && errors->errs[i] == err)
			return true;
	return false;
}

/* What there was before all cases: none of them changes it. */
static struct wire_shown shown;

static bool unchanged(struct conform *c)
{
	struct wire_shown now;
	bool same;

	same = wire_show(&c->wire, &now) && wire_shown_same(&shown, &now);
	if (!same)
		wire_shown_print_difference(&shown, &now);
	wire_shown_free(&now);
	return same;
}

static void expect_refusal(struct conform *c, struct nl_msg *msg, const struct errors *errors,
			   uint32_t from, uint32_t to, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

/* @from, @to: where an attribute of the request is that the kernel points at, if it points at any; 0: anywhere */
static void expect_refusal(struct conform *c, struct nl_msg *msg, const struct errors *errors,
			   uint32_t from, uint32_t to, const char *format, ...)
{
	struct wire_answer answer;
	char what[160];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	wire_ask(&c->wire, nlmsg_hdr(msg), NULL, NULL, &answer);
	conform_note(c, answer.end == WIRE_ANSWERED && is_one_of(errors, answer.err), "%s: %s",
		     what, conform_outcome(&answer));
	conform_note(c, answer.message[0] || answer.offset || answer.missing, "%s: no word why: %s",
		     what, conform_outcome(&answer));
	conform_note(c, !answer.offset || !to || (answer.offset >= from && answer.offset < to),
		     "%s: points elsewhere than at %u to %u: %s", what, from, to,
		     conform_outcome(&answer));
	conform_note(c, unchanged(c), "%s: something has changed", what);
	/* A dump that was refused may be under way all the same. */
	if (nlmsg_hdr(msg)->nlmsg_flags & NLM_F_DUMP)
		wire_reopen(&c->wire);
}

/* The same attribute comes again and again in lists. */
struct paths {
	uint64_t seen[FAULTS][64];
};

static bool is_new(struct paths *paths, const struct breaking *b)
{
	/* A place for each nest that it can be in; numbers from 128 on do not meet those below 64 there. */
	unsigned int nest = b->depth * 16 + b->in % 16 + (b->attr->number >= 64) * 8;
	uint64_t *seen = &paths->seen[b->fault][nest % 64];
	uint64_t bit = 1ULL << (b->attr->number % 64);
	bool new = !(*seen & bit);

	*seen |= bit;
	return new;
}

/* Returns whether the request has an attribute @which. */
static bool break_attr(struct conform *c, const struct wire_command *command,
		       struct nl_msg *request, unsigned int which, enum fault fault,
		       struct paths *paths)
{
	struct nlmsghdr *nlh = nlmsg_hdr(request);
	struct breaking b = { .command = command, .which = which, .fault = fault };
	struct nl_msg *msg =
		wire_request(&c->wire, command->number, nlh->nlmsg_flags & ~NLM_F_REQUEST);
	struct genlmsghdr *genl = genlmsg_hdr(nlh);
	const struct errors *errors;

	copy_attrs(&b, msg, genlmsg_attrdata(genl, 0), genlmsg_attrlen(genl, 0), wire_attrs, 0, 0);
	errors = b.found ? expected(&b) : NULL;
	if (errors && is_new(paths, &b))
		expect_refusal(c, msg, errors, b.from, fault == MISSING ? 0 : b.to, "%s: %s%s %s",
			       command->name, b.depth ? "nested " : "", b.attr->name,
			       fault_names[fault]);
	nlmsg_free(msg);
	return b.found;
}

static void break_attrs(struct conform *c, const struct wire_command *command)
{
	struct nl_msg *request = conform_request(c, command, !command->one);
	static struct paths paths;

	memset(&paths, 0, sizeof(paths));
	for (enum fault fault = 0; fault < FAULTS; fault++)
		for (unsigned int which = 0; break_attr(c, command, request, which, fault, &paths);
		     which++)
			;
	nlmsg_free(request);
}

/* Numbers of no attribute, and attributes that only replies have. */
static void add_foreign_attrs(struct conform *c, const struct wire_command *command)
{
	static const uint16_t unknown[] = { 37, 63, 64, 127, VDPA_ATTR_LAST + 1, 255, 1000, 0x3fff };
	const uint64_t value = 1;
	struct nl_msg *msg;
	uint32_t at;

	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++) {
		msg = conform_request(c, command, !command->one);
		at = end_of(msg);
		wire_put(msg, unknown[i], &value, 4);
		expect_refusal(c, msg, &invalid, at, end_of(msg), "%s: attribute %u", command->name,
			       unknown[i]);
		nlmsg_free(msg);
	}
	for (const struct wire_attr *attr = wire_attrs; attr->name; attr++) {
		if (attr->in)
			continue;
		msg = conform_request(c, command, !command->one);
		at = end_of(msg);
		wire_put(msg, attr->number, &value,
			 wire_size(attr->type) ? wire_size(attr->type) : 4);
		expect_refusal(c, msg, &invalid, at, end_of(msg), "%s: %s, which replies have",
			       command->name, attr->name);
		nlmsg_free(msg);
	}
}

/* Commands that there are not, or not in that form. */
static void ask_for_other_commands(struct conform *c)
{
	static const struct errors errors = { { EOPNOTSUPP } };
	struct wire_answer answer;

	for (unsigned int number = 0; number < 256; number++) {
		const struct wire_command *command = wire_command(number);

		for (int dump = 0; dump <= 1; dump++) {
			struct nl_msg *msg;

			if (command && (dump ? command->dump : command->one))
				continue;
			msg = wire_request(&c->wire, number, dump ? NLM_F_DUMP : NLM_F_ACK);
			wire_put_string(msg, VDPA_ATTR_DEV_NAME, c->spare);
			wire_ask(&c->wire, nlmsg_hdr(msg), NULL, NULL, &answer);
			nlmsg_free(msg);
			conform_note(c,
				     answer.end == WIRE_ANSWERED && is_one_of(&errors, answer.err),
				     "command %u%s: %s", number, dump ? " as a dump" : "",
				     conform_outcome(&answer));
		}
	}
	conform_note(c, unchanged(c), "commands that there are not: something has changed");
}

static bool answered(struct conform *c, struct nl_msg *msg, int err)
{
	struct wire_answer answer;

	wire_ask(&c->wire, nlmsg_hdr(msg), NULL, NULL, &answer);
	nlmsg_free(msg);
	return answer.end == WIRE_ANSWERED && answer.err == err;
}

/*
 * Flags: those of the old commands mean nothing, as ever; with the new ones what means nothing is refused. Nothing
 * happens for what is no request: there is no answer, and the next request has its own.
 */
static void send_other_headers(struct conform *c)
{
	static const uint8_t versions[] = { 0, 2, 255 };
	static const uint16_t flags[] = { NLM_F_REPLACE, NLM_F_APPEND, 0x40, 0x1000, 0x8000 };
	const struct wire_command *vq = wire_command(VDPA_CMD_DEV_VQ_GET);
	struct wire_answer answer;
	struct nl_msg *msg;

	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		msg = conform_request(c, vq, false);
		((struct genlmsghdr *)nlmsg_data(nlmsg_hdr(msg)))->version = versions[i];
		conform_note(c, answered(c, msg, 0), "version %u is judged", versions[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		msg = conform_request(c, vq, false);
		nlmsg_hdr(msg)->nlmsg_flags |= flags[i];
		expect_refusal(c, msg, &invalid, 0, 0, "flags 0x%x", flags[i]);
		nlmsg_free(msg);
	}
	msg = conform_request(c, vq, false);
	((struct genlmsghdr *)nlmsg_data(nlmsg_hdr(msg)))->reserved = 1;
	expect_refusal(c, msg, &invalid, 0, 0, "the reserved field");
	nlmsg_free(msg);

	for (size_t i = 0; i < wire_commands_n; i++) {
		msg = conform_request(c, &wire_commands[i], !wire_commands[i].one);
		nlmsg_hdr(msg)->nlmsg_flags &= ~NLM_F_REQUEST;
		conform_note(c, wire_send(&c->wire, nlmsg_hdr(msg), &answer), "%s: not sent",
			     wire_commands[i].name);
		nlmsg_free(msg);
		conform_note(c, unchanged(c), "%s, not flagged as a request: something has changed",
			     wire_commands[i].name);
	}
}

/*
 * A message that ends anywhere. Where that is between two attributes it may be a request as good as the whole: so only
 * those are cut that change nothing.
 */
static void cut_messages(struct conform *c, const struct wire_command *command)
{
	struct nl_msg *msg = conform_request(c, command, !command->one);
	struct nlmsghdr *nlh = nlmsg_hdr(msg);
	uint32_t whole = nlh->nlmsg_len;
	struct wire_answer answer;

	for (uint32_t len = NLMSG_HDRLEN + GENL_HDRLEN; len < whole; len += len < 128 ? 1 : 61) {
		nlh->nlmsg_len = len;
		nlh->nlmsg_seq = ++c->wire.seq;
		wire_ask(&c->wire, nlh, NULL, NULL, &answer);
		conform_note(c, answer.end == WIRE_ANSWERED, "%s cut after %u bytes: no answer",
			     command->name, len);
		conform_note(c, !answer.err || answer.message[0] || answer.offset || answer.missing,
			     "%s cut after %u bytes: no word why: %s", command->name, len,
			     conform_outcome(&answer));
		if (nlh->nlmsg_flags & NLM_F_DUMP) {
			wire_reopen(&c->wire);
			nlh->nlmsg_pid = c->wire.port;
		}
	}
	nlmsg_free(msg);
	conform_note(c, unchanged(c), "%s cut: something has changed", command->name);
}

void conform_refusals(struct conform *c)
{
	if (!wire_show(&c->wire, &shown))
		wire_quit("the kernel does not show what there is");
	for (size_t i = 0; i < wire_commands_n; i++) {
		break_attrs(c, &wire_commands[i]);
		add_foreign_attrs(c, &wire_commands[i]);
		if (!wire_commands[i].changes)
			cut_messages(c, &wire_commands[i]);
	}
	ask_for_other_commands(c);
	send_other_headers(c);
	wire_shown_free(&shown);
}
