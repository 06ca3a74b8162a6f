// SPDX-License-Identifier: GPL-2.0-or-later
/* vdpa dev state save DEV precopy */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/vdpa.h>

#include "migration/save.h"
#include "command/command.h"
#include "migration/saved_state.h"

struct run {
	struct vdpa *vdpa;
	struct nl *nl;
	const char *device;
	const struct precopy *precopy;
	bool begun;		/* the pre-copy is under way */
	bool suspended;		/* by us */
	struct nl_error err;	/* the kernel's; errnum 0: it has refused nothing */
};

/* --- a signal while the device is suspended --- */

/*
 * A device that we have suspended goes on if we are told to end before all is written. What is there for a signal's
 * handler has to be global; it is set once, before the handlers are.
 */
static struct {
	int fd;			/* a socket of its own */
	size_t len;
	char request[256];	/* the resume */
} undo;

static const int endings[] = { SIGHUP, SIGINT, SIGTERM };

enum { ENDINGS = sizeof(endings) / sizeof(endings[0]) };

static void on_ending(int number)
{
	/* Nobody is left to hear of a failure. */
	if (send(undo.fd, undo.request, undo.len, 0) < 0)
		_exit(128 + number);
	signal(number, SIG_DFL);
	raise(number);
}

static void set_handlers(void (*handler)(int number))
{
	struct sigaction action = { .sa_handler = handler }, old;

	for (int i = 0; i < ENDINGS; i++) {
		sigaction(endings[i], NULL, &old);
		/* What is ignored, as with nohup, stays so. */
		if (old.sa_handler != SIG_IGN)
			sigaction(endings[i], &action, NULL);
	}
}

static int prepare_undo(struct run *run, struct nl *nl)
{
	struct nlmsghdr *nlh;

	if (nl_open_like(nl, run->nl, &run->err) < 0)
		return -1;
	nlh = nl_request(nl, VDPA_CMD_DEV_RESUME, 0);
	mnl_attr_put_strz(nlh, VDPA_ATTR_DEV_NAME, run->device);
	undo.fd = mnl_socket_get_fd(nl->socket);
	undo.len = nlh->nlmsg_len;
	memcpy(undo.request, nlh, nlh->nlmsg_len);
	return 0;
}

/* --- requests --- */

static struct nlmsghdr *request(struct run *run, uint8_t command, uint16_t flags)
{
	struct nlmsghdr *nlh = nl_request(run->nl, command, flags);

	mnl_attr_put_strz(nlh, VDPA_ATTR_DEV_NAME, run->device);
	return nlh;
}

static int ask(struct run *run)
{
	return nl_exchange(run->nl, NULL, NULL, NULL, &run->err);
}

static int begin(struct run *run)
{
	request(run, VDPA_CMD_DEV_PRECOPY_START, 0);
	run->begun = ask(run) == 0;
	return run->begun ? 0 : -1;
}

/* What somebody else has suspended stays so, whatever comes of it. */
static int suspend(struct run *run)
{
	mnl_attr_put_u32(request(run, VDPA_CMD_DEV_SUSPEND, 0), VDPA_ATTR_DEADLINE, run->precopy->deadline);
	if (ask(run) == 0) {
		run->suspended = true;
		return 0;
	}
	if (run->err.errnum != EALREADY)
		return -1;
	memset(&run->err, 0, sizeof(run->err));
	return 0;
}

/* Why it failed is known already, and what cannot be undone is said besides. */
static void give_up(struct run *run)
{
	struct nl_error err = { 0 };

	if (run->begun) {
		request(run, VDPA_CMD_DEV_PRECOPY_STOP, 0);
		nl_exchange(run->nl, NULL, NULL, NULL, &err);
	}
	if (!run->suspended)
		return;
	request(run, VDPA_CMD_DEV_RESUME, 0);
	memset(&err, 0, sizeof(err));
	if (nl_exchange(run->nl, NULL, NULL, NULL, &err) < 0)
		error_refused(run->vdpa, run->device, &err);
}

/* --- the documents --- */

/* Receives the reply to the prepared request into @state and writes it. */
static int receive(struct run *run, struct saved_state *state, FILE *file)
{
	if (nl_exchange(run->nl, saved_state_take, state, NULL, &run->err) < 0 ||
	    saved_state_complete(state, &run->err) < 0)
		return -1;
	return saved_state_write(file, state);
}

static int write_round(struct run *run, FILE *file, uint64_t *initial, uint64_t *dirty)
{
	struct saved_state state = { .device = NULL };
	int failed;

	request(run, VDPA_CMD_DEV_PRECOPY_GET, NLM_F_DUMP);
	failed = receive(run, &state, file);
	*initial = state.initial;
	*dirty = state.dirty;
	saved_state_free(&state);
	return failed;
}

/* Rounds until what is left is little, or there were enough of them. */
static int write_rounds(struct run *run, FILE *file)
{
	uint64_t initial, dirty;

	do {
		if (write_round(run, file, &initial, &dirty) < 0)
			return -1;
	} while (initial);
	for (uint32_t i = 0; i < run->precopy->rounds && dirty > run->precopy->below; i++)
		if (write_round(run, file, &initial, &dirty) < 0)
			return -1;
	return 0;
}

static int write_rest(struct run *run, FILE *file)
{
	struct saved_state state = { .device = NULL };
	int failed;

	mnl_attr_put(request(run, VDPA_CMD_DEV_STATE_GET, NLM_F_DUMP), VDPA_ATTR_STATE_REST, 0, NULL);
	failed = receive(run, &state, file);
	saved_state_free(&state);
	return failed;
}

/* No signal comes between the suspend, which has a deadline, and our knowing of it. */
static int suspend_guarded(struct run *run)
{
	sigset_t set, before;
	int failed;

	sigemptyset(&set);
	for (int i = 0; i < ENDINGS; i++)
		sigaddset(&set, endings[i]);
	sigprocmask(SIG_BLOCK, &set, &before);
	failed = suspend(run);
	if (run->suspended)
		set_handlers(on_ending);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return failed;
}

/* Calls back from dev_state_write_file(); @data leads to the run. */
static int write_all(FILE *file, const void *data)
{
	struct run *run = *(struct run *const *)data;

	if (begin(run) < 0 || write_rounds(run, file) < 0 || suspend_guarded(run) < 0)
		return -1;
	return write_rest(run, file);
}

static enum status save(struct run *run, const char *path)
{
	int failed, errnum;

	errno = 0;
	failed = dev_state_write_file(path, write_all, &run);
	errnum = errno;
	if (failed)
		give_up(run);
	if (run->suspended)
		set_handlers(SIG_DFL);
	if (!failed)
		return STATUS_DONE;
	if (run->err.errnum)
		return error_refused(run->vdpa, run->device, &run->err);
	errno = errnum;
	return dev_state_write_failed(run->vdpa, path);
}

enum status dev_state_precopy(struct vdpa *vdpa, const char *device, const struct precopy *precopy,
			      const char *path)
{
	struct run run = { .vdpa = vdpa, .nl = &vdpa->nl, .device = device, .precopy = precopy };
	enum status status;
	struct nl nl;

	if (!nl_knows(run.nl, VDPA_CMD_DEV_PRECOPY_START)) {
		nl_fail(&run.err, EOPNOTSUPP, "this kernel's vdpa core has no pre-copy (needs %s)",
			vdpa->command->needs_text);
		return error_refused(vdpa, NULL, &run.err);
	}
	if (prepare_undo(&run, &nl) < 0)
		return error_refused(vdpa, NULL, &run.err);
	status = save(&run, path);
	nl_close(&nl);
	return status;
}
