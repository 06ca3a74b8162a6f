// SPDX-License-Identifier: GPL-2.0-or-later
/* Dumps that nobody reads to the end, and dumps while devices come and go. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conform.h"

/* Devices that are there throughout: more than fit into one message. */
#define STAYING		40

/* Devices that come and go, and how many dumps see that. */
#define PASSING		8
#define DUMPS		150

#define CUT_DUMPS	200

static void change_device(struct conform *c, struct wire *wire, uint8_t command, const char *prefix,
			  unsigned int n)
{
	struct nl_msg *msg = wire_request(wire, command, NLM_F_ACK);
	struct wire_answer answer;
	char name[32];

	(void)c;
	snprintf(name, sizeof(name), "%s%u", prefix, n);
	wire_put_string(msg, VDPA_ATTR_DEV_NAME, name);
	if (command == VDPA_CMD_DEV_NEW)
		wire_put_string(msg, VDPA_ATTR_MGMTDEV_DEV_NAME, "vdpasim_net");
	wire_ask(wire, nlmsg_hdr(msg), NULL, NULL, &answer);
	nlmsg_free(msg);
	if (answer.end != WIRE_ANSWERED || answer.err)
		wire_quit("%s: %s", name, conform_outcome(&answer));
}

/* The devices that stay, to be created or deleted. */
static void change_staying(struct conform *c, uint8_t command)
{
	for (unsigned int n = 0; n < STAYING; n++)
		change_device(c, &c->wire, command, "stay", n);
}

/* The client goes after one part of each dump, or before; the kernel has to let go of all that it held for it. */
void conform_cut_dumps(struct conform *c)
{
	static uint8_t buf[4096];
	unsigned int n = 0;

	change_staying(c, VDPA_CMD_DEV_NEW);
	for (unsigned int i = 0; n < CUT_DUMPS; i = (i + 1) % wire_commands_n) {
		const struct wire_command *command = &wire_commands[i];
		struct wire_answer answer;
		struct nl_msg *msg;

		if (!command->dump)
			continue;
		msg = command->one ? wire_request(&c->wire, command->number, NLM_F_DUMP) :
				     conform_request(c, command, true);
		conform_note(c, wire_send(&c->wire, nlmsg_hdr(msg), &answer), "%s: not sent",
			     command->name);
		if (n++ % 3)
			conform_note(c, recv(c->wire.fd, buf, sizeof(buf), 0) > 0,
				     "%s: no first part", command->name);
		nlmsg_free(msg);
		wire_reopen(&c->wire);
	}
	change_staying(c, VDPA_CMD_DEV_DEL);
}

/* How often each of those that stay was in a dump. */
struct roll {
	unsigned int seen[STAYING];
	unsigned int others;
};

static void call(struct nlmsghdr *nlh, void *data)
{
	struct nlattr *name = nlmsg_find_attr(nlh, GENL_HDRLEN, VDPA_ATTR_DEV_NAME);
	struct roll *roll = data;
	unsigned int n;

	if (name && sscanf(nla_data(name), "stay%u", &n) == 1 && n < STAYING)
		roll->seen[n]++;
	else
		roll->others++;
}

static void dump_once(struct conform *c, uint8_t command, unsigned int *interrupted)
{
	struct nl_msg *msg = wire_request(&c->wire, command, NLM_F_DUMP);
	struct wire_answer answer;
	struct roll roll = { };
	bool once = true;

	wire_ask(&c->wire, nlmsg_hdr(msg), call, &roll, &answer);
	nlmsg_free(msg);
	for (unsigned int n = 0; n < STAYING; n++)
		once &= roll.seen[n] == 1;
	*interrupted += answer.interrupted;
	conform_note(c, answer.end == WIRE_ANSWERED && !answer.err,
		     "a dump while devices come and go: %s", conform_outcome(&answer));
	conform_note(c, once || answer.interrupted,
		     "a dump that was not interrupted lacks a device, or has one twice");
	conform_note(c, once,
		     "a device that was there throughout is missing in a dump, or is there twice");
}

/* Until it is killed. */
static _Noreturn void come_and_go(struct conform *c)
{
	struct wire wire;

	wire_open(&wire);
	for (unsigned int n = 0; ; n++) {
		if (n >= PASSING)
			change_device(c, &wire, VDPA_CMD_DEV_DEL, "pass", n % PASSING);
		change_device(c, &wire, VDPA_CMD_DEV_NEW, "pass", n % PASSING);
	}
}

static void delete_passing(struct conform *c)
{
	for (unsigned int n = 0; n < PASSING; n++) {
		struct nl_msg *msg = wire_request(&c->wire, VDPA_CMD_DEV_DEL, NLM_F_ACK);
		struct wire_answer answer;
		char name[32];

		/* One may be missing: it was about to come. */
		snprintf(name, sizeof(name), "pass%u", n);
		wire_put_string(msg, VDPA_ATTR_DEV_NAME, name);
		wire_ask(&c->wire, nlmsg_hdr(msg), NULL, NULL, &answer);
		nlmsg_free(msg);
	}
}

void conform_dumps_with_others(struct conform *c)
{
	static const uint8_t dumps[] = {
		VDPA_CMD_DEV_GET,
		VDPA_CMD_DEV_CONFIG_GET,
		VDPA_CMD_DEV_GET,
		VDPA_CMD_DEV_MIGRATION_GET,
	};
	unsigned int interrupted = 0;
	pid_t pid;

	change_staying(c, VDPA_CMD_DEV_NEW);
	pid = fork();
	if (pid < 0)
		wire_quit("fork");
	if (!pid)
		come_and_go(c);
	for (unsigned int n = 0; n < DUMPS; n++)
		dump_once(c, dumps[n % ARRAY_SIZE(dumps)], &interrupted);
	conform_note(c, waitpid(pid, NULL, WNOHANG) == 0, "nobody comes and goes any more");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	wire_reopen(&c->wire);
	delete_passing(c);
	change_staying(c, VDPA_CMD_DEV_DEL);
	printf("dumps %u interrupted %u\n", DUMPS, interrupted);
	conform_note(c, interrupted > 0, "no dump was interrupted: nothing was tested");
}
