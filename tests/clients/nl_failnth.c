// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nl_failnth: lets every memory allocation of a request fail once.
 *
 *	nl_failnth [OPTION…] task NET BLK	every allocation in the requests themselves
 *	nl_failnth [OPTION…] worker NET BLK	every one that the core and the parents make for them in workers
 *	nl_failnth [OPTION…] insmod FILE	every one while a module is loaded
 *	nl_failnth [OPTION…] run PROGRAM…	every one of the core and the parents while a program runs
 *
 *	--only NAME	no other cases than that one
 *	--kvmalloc	no other allocations than those by kvmalloc(), which tries twice if they are large: once the nth has
 *			failed, whatever is tried in its place fails, too
 *
 * First the first allocation fails, then the second, and so on, until none is left to fail. NET and
 * BLK are devices of the simulated parents, started by drivers; no other process may change them.
 * After each failure the request must have failed with ENOMEM, or have succeeded all the same. If
 * it failed, the family's replies must be unchanged, no module may have more users, and the same
 * request must succeed when sent again. A listener must have got each event, or ENOBUFS.
 *
 * A line for each case, "ok NAME: failed N refused N done N lost N" (lost: the acknowledgment, for want of memory for
 * it) or "not ok NAME: …"; then "total failed N". Exit status: 0 all ok, 1 usage, 2 something is not.
 *
 * Of page allocations, which serve requests above 8 KiB, only those of more than one page fail.
 *
 * It needs a kernel with fault injection for slabs and pages, and with its filter by stack trace,
 * which separates allocations of the core and of the parents from others in a worker.
 */
#define _GNU_SOURCE

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "wire/talk.h"

/* More allocations than any request makes. */
#define NTH_MAX		5000

/* Time limit for the undo of a failed request, and for a program to end. */
#define SETTLE_MS	20000
#define PROGRAM_MS	120000

#define WORKERS_MAX	256

static const char *const modules[] = { "vdpa", "vdpa_sim", "vdpa_sim_net", "vdpa_sim_blk" };

static unsigned long total;

/* Which allocations can fail: the kernel's own switches */

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		wire_quit("%s: %s", path, strerror(errno));
	close(fd);
}

static void set_attribute_of(const char *kind, const char *name, const char *value)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/kernel/debug/%s/%s", kind, name);
	if (access(path, F_OK))
		wire_quit("this kernel has no fault injection: %s is missing", path);
	write_file(path, value);
}

static void set_attribute(const char *name, const char *value)
{
	set_attribute_of("failslab", name, value);
	set_attribute_of("fail_page_alloc", name, value);
}

static void set_range(unsigned long from, unsigned long to)
{
	char text[32];

	snprintf(text, sizeof(text), "%lu", from);
	set_attribute("require-start", text);
	snprintf(text, sizeof(text), "%lu", to);
	set_attribute("require-end", text);
}

static bool read_line(const char *path, char *line, size_t size)
{
	FILE *file = fopen(path, "re");
	bool there = file && fgets(line, size, file);

	if (file)
		fclose(file);
	return there;
}

/* Lets only allocations fail whose stack has an address in the range of our modules' code. */
static void filter_modules(void)
{
	unsigned long from = ULONG_MAX, to = 0;

	for (size_t i = 0; i < ARRAY_SIZE(modules); i++) {
		char path[PATH_MAX], line[64];
		unsigned long start;

		snprintf(path, sizeof(path), "/sys/module/%s/sections/.text", modules[i]);
		if (!read_line(path, line, sizeof(line)))
			continue;
		start = strtoul(line, NULL, 16);
		snprintf(path, sizeof(path), "/sys/module/%s/coresize", modules[i]);
		if (!read_line(path, line, sizeof(line)))
			continue;
		from = start < from ? start : from;
		to = start + strtoul(line, NULL, 10) > to ? start + strtoul(line, NULL, 10) : to;
	}
	if (!to)
		wire_quit("no module of ours is loaded");
	set_range(from, to);
}

/* Address range of module code on x86, for a module that is not loaded yet. */
static void filter_any_module(void)
{
	set_range(0xffffffffa0000000, 0xffffffffff000000);
}

/* Sets @start and @end (exclusive) to the code of a kernel function. */
static void find_function(const char *wanted, unsigned long *start, unsigned long *end)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	char line[256], name[128];
	unsigned long address;

	*start = *end = 0;
	while (file && !*end && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%lx %*c %127s", &address, name) != 2)
			continue;
		if (*start && address > *start)
			*end = address;
		else if (!strcmp(name, wanted))
			*start = address;
	}
	if (!*end)
		wire_quit("%s() is not in /proc/kallsyms", wanted);
	fclose(file);
}

/*
 * Excludes bus_register(): if it fails half-way, it unregisters a lock class that it has not
 * registered yet, and lockdep reports that (Linux 6.12, drivers/base/bus.c). This is not a fault of
 * ours.
 */
static void spare_bus_register(void)
{
	unsigned long start, end;
	char text[32];

	find_function("bus_register", &start, &end);
	snprintf(text, sizeof(text), "%lu", start);
	set_attribute("reject-start", text);
	snprintf(text, sizeof(text), "%lu", end);
	set_attribute("reject-end", text);
}

static void filter_kvmalloc(void)
{
	unsigned long start, end;

	find_function("__kvmalloc_node_noprof", &start, &end);
	set_range(start, end);
	set_attribute("task-filter", "Y");
}

static void prepare_faults(void)
{
	set_attribute("ignore-gfp-wait", "N");
	set_attribute("probability", "0");
	set_attribute("task-filter", "N");
	set_attribute("times", "-1");
	set_attribute("verbose", "0");
	set_attribute("stacktrace-depth", "32");
	set_attribute("reject-start", "0");
	set_attribute("reject-end", "0");
	set_range(0, ULONG_MAX);
}

/*
 * The tasks whose nth allocation fails, by /proc/.../fail-nth. Each task counts separately, so if
 * several work for one request, more than one allocation may fail.
 */
static struct {
	int fds[WORKERS_MAX];
	size_t n;
	char newest[64];	/* newest PID in /proc/loadavg when the tasks were listed */
	bool workers;
	bool kvmalloc;		/* in it, allocations after the nth fail too */
} victims;

/* @task: its directory in /proc */
static void add_victim(const char *task)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/fail-nth", task);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;		/* the task has just ended */
	if (victims.n == WORKERS_MAX)
		wire_quit("too many workers");
	victims.fds[victims.n++] = fd;
	if (!victims.kvmalloc)
		return;
	snprintf(path, sizeof(path), "%s/make-it-fail", task);
	write_file(path, "1");
}

static void add_workers(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	if (!proc)
		wire_quit("no /proc");
	while ((entry = readdir(proc))) {
		char path[PATH_MAX], name[64];

		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		if (!read_line(path, name, sizeof(name)) || strncmp(name, "kworker/u", 9))
			continue;
		snprintf(path, sizeof(path), "/proc/%s", entry->d_name);
		add_victim(path);
	}
	closedir(proc);
}

/* Lists the tasks again if there is a new process, which may be a worker. */
static void find_victims(void)
{
	char line[128] = "", *newest;

	read_line("/proc/loadavg", line, sizeof(line));
	newest = strrchr(line, ' ');
	if (victims.n && (!victims.workers || !newest || !strcmp(newest, victims.newest)))
		return;
	while (victims.n)
		close(victims.fds[--victims.n]);
	if (victims.workers)
		add_workers();
	else
		add_victim("/proc/thread-self");
	if (!victims.n)
		wire_quit("nothing in /proc whose allocations could fail");
	snprintf(victims.newest, sizeof(victims.newest), "%s", newest ? newest : "");
}

static void arm(unsigned int nth)
{
	char text[16];
	int len;

	find_victims();
	if (victims.kvmalloc)
		set_attribute("probability", "100");
	len = snprintf(text, sizeof(text), "%u", nth);
	/* Remove a worker that has ended. */
	for (size_t i = 0; i < victims.n; i++)
		if (pwrite(victims.fds[i], text, len, 0) != len && errno != ESRCH)
			wire_quit("fail-nth: %s", strerror(errno));
}

/* Returns whether an allocation has failed since the tasks were armed. */
static bool disarm(void)
{
	bool failed = false;
	char text[16];

	for (size_t i = 0; i < victims.n; i++) {
		ssize_t len = pread(victims.fds[i], text, sizeof(text) - 1, 0);

		if (len <= 0)
			continue;
		text[len] = '\0';
		failed |= !strtoul(text, NULL, 10);
		if (pwrite(victims.fds[i], "0", 1, 0) != 1 && errno != ESRCH)
			wire_quit("fail-nth: %s", strerror(errno));
	}
	if (victims.kvmalloc)
		set_attribute("probability", "0");
	return failed;
}

/* Users of our modules */

static unsigned long users(void)
{
	unsigned long n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(modules); i++) {
		char path[PATH_MAX], line[64];

		snprintf(path, sizeof(path), "/sys/module/%s/refcnt", modules[i]);
		if (read_line(path, line, sizeof(line)))
			n = n * 1000 + strtoul(line, NULL, 10);
	}
	return n;
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

/* Requests */

struct context {
	struct wire wire;	/* allocations fail only in requests over this one */
	struct wire control;
	struct wire ears;
	uint64_t heard;			/* number of the last event */
	uint64_t anew; /* ignore events up to this number: one is known to be lost */
	const char *net;
	const char *blk;
	struct nl_msg *description;	/* the attribute MIGRATION of NET */
	struct nl_msg *net_state;	/* all attributes of its state */
	struct nl_msg *blk_state;
};

typedef struct nl_msg *(*build_t)(struct context *c, struct wire *wire);

static struct nl_msg *about(struct wire *wire, uint8_t command, int flags, const char *device)
{
	struct nl_msg *msg = wire_request(wire, command, flags);

	if (device)
		wire_put_string(msg, VDPA_ATTR_DEV_NAME, device);
	return msg;
}

#define NEW_NAME	"failnth"
#define QUEUES_MANY	1000

#define REQUEST(name, command, flags, device)							\
	static struct nl_msg *name(struct context *c, struct wire *wire)			\
	{											\
		(void)c;									\
		return about(wire, VDPA_CMD_ ## command, flags, device);			\
	}

REQUEST(dev_get, DEV_GET, NLM_F_ACK, c->net)
REQUEST(dev_dump, DEV_GET, NLM_F_DUMP, NULL)
REQUEST(config_get, DEV_CONFIG_GET, NLM_F_ACK, c->blk)
REQUEST(config_dump, DEV_CONFIG_GET, NLM_F_DUMP, NULL)
REQUEST(vstats_dump, DEV_VSTATS_GET, NLM_F_DUMP, NULL)
REQUEST(vstats_dump_one, DEV_VSTATS_GET, NLM_F_DUMP, c->net)
REQUEST(vq_dump, DEV_VQ_GET, NLM_F_DUMP, NULL)
REQUEST(vq_dump_one, DEV_VQ_GET, NLM_F_DUMP, c->net)
REQUEST(migration_get, DEV_MIGRATION_GET, NLM_F_ACK, c->net)
REQUEST(migration_dump, DEV_MIGRATION_GET, NLM_F_DUMP, NULL)
REQUEST(mgmtdev_dump, MGMTDEV_GET, NLM_F_DUMP, NULL)
REQUEST(mgmtdev_migration_dump, MGMTDEV_MIGRATION_GET, NLM_F_DUMP, NULL)
REQUEST(suspend, DEV_SUSPEND, NLM_F_ACK, c->net)
REQUEST(resume, DEV_RESUME, NLM_F_ACK, c->net)
REQUEST(delete_new, DEV_DEL, NLM_F_ACK, NEW_NAME)
REQUEST(state_get, DEV_STATE_GET, NLM_F_DUMP, c->net)
REQUEST(suspend_blk, DEV_SUSPEND, NLM_F_ACK, c->blk)
REQUEST(resume_blk, DEV_RESUME, NLM_F_ACK, c->blk)
REQUEST(state_get_blk, DEV_STATE_GET, NLM_F_DUMP, c->blk)

static struct nl_msg *about_queue(struct wire *wire, uint8_t command, const char *device)
{
	struct nl_msg *msg = about(wire, command, NLM_F_ACK, device);
	uint32_t index = 0;

	wire_put(msg, VDPA_ATTR_DEV_QUEUE_INDEX, &index, sizeof(index));
	return msg;
}

static struct nl_msg *vstats_get(struct context *c, struct wire *wire)
{
	return about_queue(wire, VDPA_CMD_DEV_VSTATS_GET, c->net);
}

static struct nl_msg *vq_get(struct context *c, struct wire *wire)
{
	return about_queue(wire, VDPA_CMD_DEV_VQ_GET, c->net);
}

static struct nl_msg *vq_set_to(struct wire *wire, uint16_t position)
{
	struct nl_msg *msg = about_queue(wire, VDPA_CMD_DEV_VQ_SET, NEW_NAME);

	wire_put(msg, VDPA_ATTR_VQ_AVAIL_INDEX, &position, sizeof(position));
	return msg;
}

static struct nl_msg *vq_set(struct context *c, struct wire *wire)
{
	(void)c;
	return vq_set_to(wire, 7);
}

static struct nl_msg *vq_set_back(struct context *c, struct wire *wire)
{
	(void)c;
	return vq_set_to(wire, 0);
}

static struct nl_msg *of_parent(struct wire *wire, uint8_t command, const char *parent)
{
	struct nl_msg *msg = wire_request(wire, command, NLM_F_ACK);

	wire_put_string(msg, VDPA_ATTR_MGMTDEV_DEV_NAME, parent);
	return msg;
}

static struct nl_msg *mgmtdev_get(struct context *c, struct wire *wire)
{
	(void)c;
	return of_parent(wire, VDPA_CMD_MGMTDEV_GET, "vdpasim_net");
}

static struct nl_msg *mgmtdev_migration_get(struct context *c, struct wire *wire)
{
	(void)c;
	return of_parent(wire, VDPA_CMD_MGMTDEV_MIGRATION_GET, "vdpasim_blk");
}

static void put_mac(struct nl_msg *msg, uint8_t last)
{
	const uint8_t mac[] = { 2, 0, 0, 0, 0, last };

	wire_put(msg, VDPA_ATTR_DEV_NET_CFG_MACADDR, mac, sizeof(mac));
}

static struct nl_msg *new_net(struct context *c, struct wire *wire)
{
	struct nl_msg *msg = of_parent(wire, VDPA_CMD_DEV_NEW, "vdpasim_net");
	uint16_t mtu = 1400, pairs = 2;

	(void)c;
	wire_put_string(msg, VDPA_ATTR_DEV_NAME, NEW_NAME);
	put_mac(msg, 1);
	wire_put(msg, VDPA_ATTR_DEV_NET_CFG_MTU, &mtu, sizeof(mtu));
	wire_put(msg, VDPA_ATTR_DEV_NET_CFG_MAX_VQP, &pairs, sizeof(pairs));
	return msg;
}

static struct nl_msg *new_blk(struct context *c, struct wire *wire)
{
	struct nl_msg *msg = of_parent(wire, VDPA_CMD_DEV_NEW, "vdpasim_blk");

	(void)c;
	wire_put_string(msg, VDPA_ATTR_DEV_NAME, NEW_NAME);
	return msg;
}

static struct nl_msg *set_mac_to(struct wire *wire, uint8_t last)
{
	struct nl_msg *msg = about(wire, VDPA_CMD_DEV_ATTR_SET, NLM_F_ACK, NEW_NAME);

	put_mac(msg, last);
	return msg;
}

static struct nl_msg *attr_set(struct context *c, struct wire *wire)
{
	(void)c;
	return set_mac_to(wire, 2);
}

static struct nl_msg *attr_set_back(struct context *c, struct wire *wire)
{
	(void)c;
	return set_mac_to(wire, 1);
}

static struct nl_msg *group(struct context *c, struct wire *wire, uint8_t command)
{
	struct nl_msg *msg = wire_request(wire, command, NLM_F_ACK);
	struct nlattr *nest = nla_nest_start(msg, VDPA_ATTR_DEV_GROUP);

	wire_put_string(msg, VDPA_ATTR_DEV_NAME, c->net);
	wire_put_string(msg, VDPA_ATTR_DEV_NAME, c->blk);
	nla_nest_end(msg, nest);
	return msg;
}

/* Names one device so often that the request needs a large allocation before it is refused. */
static struct nl_msg *suspend_crowd(struct context *c, struct wire *wire)
{
	struct nl_msg *msg = wire_request(wire, VDPA_CMD_DEV_SUSPEND, NLM_F_ACK);
	struct nlattr *nest = nla_nest_start(msg, VDPA_ATTR_DEV_GROUP);

	for (unsigned int i = 0; i < VDPA_GROUP_MAX; i++)
		wire_put_string(msg, VDPA_ATTR_DEV_NAME, c->net);
	nla_nest_end(msg, nest);
	return msg;
}

static struct nl_msg *suspend_group(struct context *c, struct wire *wire)
{
	struct nl_msg *msg = group(c, wire, VDPA_CMD_DEV_SUSPEND);
	uint32_t ms = 60000;

	wire_put(msg, VDPA_ATTR_DEADLINE, &ms, sizeof(ms));
	return msg;
}

static struct nl_msg *resume_group(struct context *c, struct wire *wire)
{
	return group(c, wire, VDPA_CMD_DEV_RESUME);
}

static void append(struct nl_msg *msg, struct nl_msg *attrs)
{
	struct nlmsghdr *nlh = nlmsg_hdr(attrs);

	if (nlmsg_append(msg, nlmsg_data(nlh), nlmsg_datalen(nlh), 0))
		wire_quit("a request is too long");
}

static struct nl_msg *migration_check(struct context *c, struct wire *wire)
{
	struct nl_msg *msg = about(wire, VDPA_CMD_MIGRATION_CHECK, NLM_F_ACK, c->net);

	append(msg, c->description);
	return msg;
}

static struct nl_msg *whole_state(struct wire *wire, const char *device, struct nl_msg *state)
{
	struct nl_msg *msg = about(wire, VDPA_CMD_DEV_STATE_SET, NLM_F_ACK, device);

	append(msg, state);
	wire_put(msg, VDPA_ATTR_STATE_END, NULL, 0);
	return msg;
}

static struct nl_msg *state_set(struct context *c, struct wire *wire)
{
	return whole_state(wire, c->net, c->net_state);
}

static struct nl_msg *state_set_blk(struct context *c, struct wire *wire)
{
	return whole_state(wire, c->blk, c->blk_state);
}

/* A state with more virtqueues than any device has; they are checked when it is complete. */
static struct nl_msg *state_begin(struct context *c, struct wire *wire)
{
	struct nl_msg *msg = about(wire, VDPA_CMD_DEV_STATE_SET, NLM_F_ACK, c->net);
	uint64_t features = 0;

	append(msg, c->description);
	wire_put(msg, VDPA_ATTR_STATE_FEATURES, &features, sizeof(features));
	for (uint32_t i = 0; i < QUEUES_MANY; i++) {
		struct nlattr *nest = nla_nest_start(msg, VDPA_ATTR_STATE_VQ);

		wire_put(msg, VDPA_ATTR_DEV_QUEUE_INDEX, &i, sizeof(i));
		nla_nest_end(msg, nest);
	}
	return msg;
}

/**
 * struct attempt - a case
 * @name: for people
 * @request: the request
 * @undo: undoes the request; NULL: nothing to undo
 * @before: sent before the case
 * @after: sent after the case
 * @err: expected error without failed allocations; 0: success
 * @parts: a successful answer must have as many messages as without failed allocations
 */
struct attempt {
	const char *name;
	build_t request;
	build_t undo;
	build_t before;
	build_t after;
	int err;
	bool parts;
};

static const struct attempt attempts[] = {
	{ .name = "mgmtdev-get", .request = mgmtdev_get, .parts = true },
	{ .name = "mgmtdev-get of all", .request = mgmtdev_dump, .parts = true },
	{ .name = "dev-get", .request = dev_get, .parts = true },
	{ .name = "dev-get of all", .request = dev_dump, .parts = true },
	{ .name = "dev-config-get", .request = config_get, .parts = true },
	{ .name = "dev-config-get of all", .request = config_dump, .parts = true },
	{ .name = "dev-vstats-get", .request = vstats_get, .parts = true },
	{ .name = "dev-vstats-get of all", .request = vstats_dump },
	{ .name = "dev-vstats-get of one", .request = vstats_dump_one, .parts = true },
	{ .name = "dev-vq-get", .request = vq_get, .parts = true },
	{ .name = "dev-vq-get of all", .request = vq_dump },
	{ .name = "dev-vq-get of one", .request = vq_dump_one, .parts = true },
	{ .name = "dev-migration-get", .request = migration_get, .parts = true },
	{ .name = "dev-migration-get of all", .request = migration_dump, .parts = true },
	{ .name = "mgmtdev-migration-get", .request = mgmtdev_migration_get, .parts = true },
	{ .name = "mgmtdev-migration-get of all", .request = mgmtdev_migration_dump, .parts = true },
	{ .name = "migration-check", .request = migration_check },
	{ .name = "dev-new of a network device", .request = new_net, .undo = delete_new },
	{ .name = "dev-new of a block device", .request = new_blk, .undo = delete_new },
	{
		.name = "dev-del of a network device",
		.request = delete_new,
		.undo = new_net,
		.before = new_net,
		.after = delete_new,
	},
	{
		.name = "dev-del of a block device",
		.request = delete_new,
		.undo = new_blk,
		.before = new_blk,
		.after = delete_new,
	},
	{
		.name = "dev-attr-set",
		.request = attr_set,
		.undo = attr_set_back,
		.before = new_net,
		.after = delete_new,
	},
	{
		.name = "dev-vq-set",
		.request = vq_set,
		.undo = vq_set_back,
		.before = new_net,
		.after = delete_new,
	},
	{ .name = "dev-suspend", .request = suspend, .undo = resume },
	{ .name = "dev-resume",
	  .request = resume,
	  .undo = suspend,
	  .before = suspend,
	  .after = resume },
	{ .name = "dev-suspend of a group", .request = suspend_group, .undo = resume_group },
	{
		.name = "dev-resume of a group",
		.request = resume_group,
		.undo = suspend_group,
		.before = suspend_group,
		.after = resume_group,
	},
	{ .name = "dev-state-get", .request = state_get, .before = suspend, .after = resume },
	{
		.name = "dev-state-get of a block device",
		.request = state_get_blk,
		.before = suspend_blk,
		.after = resume_blk,
	},
	{ .name = "dev-state-set", .request = state_set, .before = suspend, .after = resume },
	{
		.name = "dev-state-set of a block device",
		.request = state_set_blk,
		.before = suspend_blk,
		.after = resume_blk,
	},
	{ .name = "dev-state-set of many virtqueues", .request = state_begin },
	{ .name = "dev-suspend of a crowd", .request = suspend_crowd, .err = EINVAL },
};

/* Running them */

static const char *outcome(const struct wire_answer *answer)
{
	static char text[256];

	switch (answer->end) {
	case WIRE_SILENT:
		return "no answer";
	case WIRE_UNSENT:
		snprintf(text, sizeof(text), "not sent: %s", strerrorname_np(answer->err));
		break;
	case WIRE_LOST:
		snprintf(text, sizeof(text), "receiving: %s", strerrorname_np(answer->err));
		break;
	default:
		snprintf(text, sizeof(text), "%s %s",
			 answer->err ? strerrorname_np(answer->err) : "done", answer->message);
	}
	return text;
}

static void ask(struct context *c, struct wire *wire, build_t build, struct wire_answer *answer)
{
	struct nl_msg *msg = build(c, wire);

	wire_ask(wire, nlmsg_hdr(msg), NULL, NULL, answer);
	nlmsg_free(msg);
}

struct count {
	unsigned int failed;
	unsigned int refused;
	unsigned int done;
	unsigned int lost;
	unsigned int parts;	/* of the answer without failures */
};

static bool complain(const struct attempt *a, unsigned int nth, const char *what,
		     const struct wire_answer *answer)
{
	printf("not ok %s: allocation %u: %s (%s)\n", a->name, nth, what, outcome(answer));
	return false;
}

/* Runs a case without failed allocations; returns whether its result is as expected. */
static bool succeed(struct context *c, const struct attempt *a, unsigned int nth, build_t build,
		    const char *what, struct count *count)
{
	int due = build == a->request ? a->err : 0;
	struct wire_answer answer;

	if (!build)
		return true;
	ask(c, &c->control, build, &answer);
	if (answer.end != WIRE_ANSWERED || answer.err != due)
		return complain(a, nth, what, &answer);
	if (build == a->request)
		count->parts = answer.parts;
	return true;
}

static bool restored(struct context *c, const struct wire_shown *before, unsigned long users_before)
{
	uint64_t until = now_ms() + SETTLE_MS;
	bool same;

	do {
		struct wire_shown after;

		if (!wire_show(&c->control, &after))
			wire_quit("the kernel does not show what there is");
		same = wire_shown_same(before, &after) && users() == users_before;
		if (!same && now_ms() >= until)
			wire_shown_print_difference(before, &after);
		wire_shown_free(&after);
	} while (!same && now_ms() < until && !poll(NULL, 0, 50));
	return same;
}

/* Events */

static void listen_to_events(struct context *c)
{
	wire_open(&c->ears);
	if (!wire_listen(&c->ears))
		wire_quit("no events");
}

static void take_number(struct nlmsghdr *nlh, void *number)
{
	struct nlattr *nla = nlmsg_find_attr(nlh, GENL_HDRLEN, VDPA_ATTR_EVENT_SEQ);

	if (nla)
		*(uint64_t *)number = nla_get_u64(nla);
}

static uint64_t last_event(struct context *c)
{
	struct nl_msg *msg = mgmtdev_get(c, &c->control);
	struct wire_answer answer;
	uint64_t number = 0;

	wire_ask(&c->control, nlmsg_hdr(msg), take_number, &number, &answer);
	nlmsg_free(msg);
	return number;
}

/* Returns whether the events continue without a gap. */
static bool take_events(struct context *c, void *buf, int len)
{
	for (struct nlmsghdr *nlh = buf; nlmsg_ok(nlh, len); nlh = nlmsg_next(nlh, &len)) {
		uint64_t number = 0;

		take_number(nlh, &number);
		if (number <= c->anew)
			continue;
		if (number != c->heard + 1)
			return false;
		c->heard = number;
	}
	return true;
}

/* Reads all events up to now. If one was lost, starts the count again. */
static bool hear(struct context *c)
{
	struct pollfd pfd = { .fd = c->ears.fd, .events = POLLIN };
	uint64_t last = last_event(c);
	static uint8_t buf[16384] __attribute__((aligned(8)));

	while (c->heard < last) {
		ssize_t len;

		if (poll(&pfd, 1, SETTLE_MS) == 0)
			return false;
		len = recv(c->ears.fd, buf, sizeof(buf), MSG_DONTWAIT);
		if (len >= 0 && !take_events(c, buf, len))
			return false;
		if (len < 0 && errno == ENOBUFS) {
			wire_drain(&c->ears);
			c->heard = c->anew = last_event(c);
			return true;
		}
	}
	return true;
}

static bool for_want_of_memory(const struct wire_answer *answer)
{
	return answer->err == ENOMEM || answer->err == ENOBUFS;
}

/* Checks the result of a request whose nth allocation has failed. */
static bool judge(struct context *c, const struct attempt *a, unsigned int nth,
		  const struct wire_answer *answer, const struct wire_shown *before,
		  unsigned long users_before, struct count *count)
{
	struct wire_answer again;

	if (answer->end == WIRE_SILENT)
		return complain(a, nth, "hangs", answer);
	if (answer->end == WIRE_LOST) {
		count->lost++;
		/* It is not known whether the request succeeded: the undo shows it. */
		if (a->undo)
			ask(c, &c->control, a->undo, &again);
	} else if (answer->err != a->err) {
		count->refused++;
		if (!for_want_of_memory(answer))
			return complain(a, nth, "refused for another reason", answer);
	} else {
		count->done++;
		if (a->parts && answer->parts != count->parts)
			return complain(a, nth, "part of the answer is missing", answer);
		if (!succeed(c, a, nth, a->undo, "done, but cannot be undone", count))
			return false;
	}
	if (!restored(c, before, users_before))
		return complain(a, nth, "something stays behind", answer);
	return succeed(c, a, nth, a->request, "refused when it is tried again", count) &&
	       succeed(c, a, nth, a->undo, "cannot be undone when it was tried again", count);
}

static bool try_nth(struct context *c, const struct attempt *a, unsigned int nth,
		    struct count *count, bool *failed)
{
	unsigned long users_before = users();
	struct wire_shown before;
	struct wire_answer answer;
	struct nl_msg *msg;
	bool ok;

	if (!wire_show(&c->control, &before))
		wire_quit("the kernel does not show what there is");
	msg = a->request(c, &c->wire);
	arm(nth);
	wire_ask(&c->wire, nlmsg_hdr(msg), NULL, NULL, &answer);
	*failed = disarm();
	nlmsg_free(msg);
	/* Closing the socket frees the state of an aborted dump. */
	wire_reopen(&c->wire);
	count->failed += *failed;
	if (*failed || answer.end != WIRE_ANSWERED || answer.err != a->err)
		ok = judge(c, a, nth, &answer, &before, users_before, count);
	else
		ok = succeed(c, a, nth, a->undo, "cannot be undone", count);
	if (ok && !hear(c))
		ok = complain(a, nth, "nobody heard of an event", &answer);
	wire_shown_free(&before);
	return ok;
}

static bool try_all(struct context *c, const struct attempt *a)
{
	struct count count = { };
	bool ok, failed = true;

	ok = succeed(c, a, 0, a->before, "its preparation fails", &count) &&
	     succeed(c, a, 0, a->request, "it fails by itself", &count) &&
	     succeed(c, a, 0, a->undo, "it cannot be undone", &count);
	for (unsigned int nth = 1; ok && failed && nth <= NTH_MAX; nth++)
		ok = try_nth(c, a, nth, &count, &failed);
	total += count.failed;
	if (ok && failed)
		ok = complain(a, NTH_MAX, "there is no end", &(struct wire_answer) { });
	if (ok && succeed(c, a, 0, a->after, "what it was prepared with cannot be undone", &count))
		printf("ok %s: failed %u refused %u done %u lost %u\n", a->name, count.failed,
		       count.refused, count.done, count.lost);
	fflush(stdout);
	return ok;
}

/* Reads the descriptions and states for requests from the kernel. */

static void keep_attrs(struct nlmsghdr *nlh, struct nl_msg *to, bool (*wanted)(int type))
{
	struct genlmsghdr *genl = genlmsg_hdr(nlh);
	struct nlattr *nla;
	int left;

	nla_for_each_attr(nla, genlmsg_attrdata(genl, 0), genlmsg_attrlen(genl, 0), left)
		if (wanted(nla_type(nla)))
			wire_put(to, nla->nla_type, nla_data(nla), nla_len(nla));
}

static bool is_migration(int type)
{
	return type == VDPA_ATTR_MIGRATION;
}

static bool is_state(int type)
{
	return type >= VDPA_ATTR_MIGRATION && type <= VDPA_ATTR_STATE_OFFSET;
}

static void keep_description(struct nlmsghdr *nlh, void *data)
{
	keep_attrs(nlh, data, is_migration);
}

static void keep_state(struct nlmsghdr *nlh, void *data)
{
	keep_attrs(nlh, data, is_state);
}

static void must(struct context *c, build_t build, wire_take_t take, struct nl_msg *to)
{
	struct nl_msg *msg = build(c, &c->control);
	struct wire_answer answer;

	wire_ask(&c->control, nlmsg_hdr(msg), take, to, &answer);
	nlmsg_free(msg);
	if (answer.end != WIRE_ANSWERED || answer.err)
		wire_quit("what is needed for the cases fails: %s", outcome(&answer));
}

static void learn(struct context *c)
{
	c->description = nlmsg_alloc_size(WIRE_REQUEST_MAX);
	c->net_state = nlmsg_alloc_size(WIRE_REQUEST_MAX);
	c->blk_state = nlmsg_alloc_size(WIRE_REQUEST_MAX);
	if (!c->description || !c->net_state || !c->blk_state)
		wire_quit("out of memory");
	must(c, migration_get, keep_description, c->description);
	must(c, suspend_group, NULL, NULL);
	must(c, state_get, keep_state, c->net_state);
	must(c, state_get_blk, keep_state, c->blk_state);
	must(c, resume_group, NULL, NULL);
}

static int try_requests(const char *only, const char *net, const char *blk)
{
	struct context c = { .net = net, .blk = blk };
	bool ok = true;

	wire_open(&c.wire);
	wire_open(&c.control);
	learn(&c);
	listen_to_events(&c);
	c.heard = c.anew = last_event(&c);
	for (size_t i = 0; i < ARRAY_SIZE(attempts); i++)
		if (!only || !strcmp(only, attempts[i].name))
			ok &= try_all(&c, &attempts[i]);
	return ok ? 0 : 2;
}

/* Modules */

static int try_insmod(const char *file)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC), err, count = 0;
	bool failed = true, ok = true;
	char name[64];

	if (fd < 0)
		wire_quit("%s: %s", file, strerror(errno));
	snprintf(name, sizeof(name), "%s", basename(file));
	name[strcspn(name, ".")] = '\0';
	filter_any_module();
	spare_bus_register();
	for (unsigned int nth = 1; ok && failed && nth <= NTH_MAX; nth++) {
		arm(nth);
		err = syscall(SYS_finit_module, fd, "", 0) ? errno : 0;
		failed = disarm();
		count += failed;
		if (err ? err != ENOMEM : syscall(SYS_delete_module, name, O_NONBLOCK)) {
			printf("not ok %s: allocation %u: %s\n", name, nth,
			       strerrorname_np(err ? err : errno));
			ok = false;
		}
	}
	total += count;
	if (ok)
		printf("ok %s: failed %d\n", name, count);
	return ok ? 0 : 2;
}

/* Programs */

static bool ended_in_time(pid_t pid)
{
	uint64_t until = now_ms() + PROGRAM_MS;
	siginfo_t info = { };

	while (!waitid(P_PID, pid, &info, WEXITED | WNOWAIT | WNOHANG) && !info.si_pid &&
	       now_ms() < until)
		poll(NULL, 0, 5);
	return info.si_pid == pid;
}

/* Reads the rest of the count of a process that has ended. */
static bool has_failed(pid_t pid)
{
	char path[PATH_MAX], line[32];

	snprintf(path, sizeof(path), "/proc/%d/fail-nth", pid);
	if (!read_line(path, line, sizeof(line)))
		wire_quit("%s: %s", path, strerror(errno));
	return !strtoul(line, NULL, 10);
}

static pid_t start_failing(unsigned int nth, char **argv)
{
	char text[16];
	pid_t pid = fork();

	if (pid < 0)
		wire_quit("fork: %s", strerror(errno));
	if (pid)
		return pid;
	snprintf(text, sizeof(text), "%u", nth);
	write_file("/proc/thread-self/fail-nth", text);
	execvp(argv[0], argv);
	_exit(127);
}

static int try_program(char **argv)
{
	unsigned int count = 0, refused = 0;
	bool failed = true, ok = true;

	filter_modules();
	for (unsigned int nth = 1; ok && failed && nth <= NTH_MAX; nth++) {
		unsigned long users_before = users();
		pid_t pid = start_failing(nth, argv);
		int status;

		ok = ended_in_time(pid);
		failed = ok && has_failed(pid);
		kill(pid, SIGKILL);
		if (waitpid(pid, &status, 0) != pid)
			wire_quit("waitpid: %s", strerror(errno));
		count += failed;
		refused += status != 0;
		if (!ok)
			printf("not ok %s: allocation %u: hangs\n", argv[0], nth);
		else if (!failed && status)
			printf("not ok %s: allocation %u: ends with %x for no reason\n", argv[0],
			       nth, status);
		else if (WIFSIGNALED(status) || WEXITSTATUS(status) == 127)
			printf("not ok %s: allocation %u: ends with %x\n", argv[0], nth, status);
		else if (users() != users_before)
			printf("not ok %s: allocation %u: our modules have other users\n", argv[0],
			       nth);
		else
			continue;
		ok = false;
	}
	total += count;
	if (ok)
		printf("ok %s: failed %u refused %u\n", basename(argv[0]), count, refused);
	return ok ? 0 : 2;
}

static _Noreturn void usage(void)
{
	fputs("Usage: nl_failnth [--only NAME] [--kvmalloc] { task | worker } NET BLK\n"
	      "       nl_failnth insmod FILE\n"
	      "       nl_failnth run PROGRAM…\n", stderr);
	exit(1);
}

/* Which allocations count in requests. */
static void filter_requests(const char *whose)
{
	victims.workers = !strcmp(whose, "worker");
	if (victims.kvmalloc)
		filter_kvmalloc();
	else if (victims.workers)
		filter_modules();
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "only", required_argument, NULL, 'o' },
		{ "kvmalloc", no_argument, NULL, 'k' },
		{ }
	};
	const char *only = NULL;
	int c, status;

	while ((c = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		switch (c) {
		case 'o': only = optarg; break;
		case 'k': victims.kvmalloc = true; break;
		default: usage();
		}
	}
	argc -= optind;
	argv += optind;
	if (argc < 2)
		usage();
	prepare_faults();
	if ((!strcmp(argv[0], "task") || !strcmp(argv[0], "worker")) && argc == 3) {
		filter_requests(argv[0]);
		status = try_requests(only, argv[1], argv[2]);
	} else if (!strcmp(argv[0], "insmod") && argc == 2) {
		status = try_insmod(argv[1]);
	} else if (!strcmp(argv[0], "run")) {
		status = try_program(argv + 1);
	} else {
		usage();
	}
	prepare_faults();
	printf("total failed %lu\n", total);
	return status;
}
