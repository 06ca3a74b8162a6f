/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The model: what there is to know of a device of one name, what can be asked, and what came of it.
 *
 * act.c asks, rules.c knows what may be answered and what is true afterwards, order.c looks for an order of the requests
 * that explains the answers, main.c has the threads and the windows.
 */
#ifndef MODEL_H
#define MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/random.h"
#include "wire/talk.h"

/* The last one is in sysfs already: no device can have it. */
enum { NAMES = 3, TAKEN = NAMES - 1 };

/* Whether the device is there. A name is taken from ADDING to REMOVING. */
enum life { ABSENT, ADDING, PRESENT, REMOVING };

/* Its driver, vhost_vdpa. UNBINDING: it is about to let go, which it does when its file is closed. */
enum bond { UNBOUND, BOUND, UNBINDING };

/* The driver that it is to have: whichever takes it, vhost_vdpa, or none. */
enum wanted { ANY, VHOST, NONE };

/* Its parent's module. */
enum parent { UP, GOING, DOWN };

/**
 * struct state - of a device of one name
 * @life: whether it is there
 * @bond: its driver
 * @wanted: its driver_override
 * @changing: it is being given another driver, or none
 * @parent: its parent's module, the same for all names
 * @orphan: REMOVING, and nobody waits for it any more
 * @open: its character device is
 * @started: DRIVER_OK
 * @holds: enum vdpa_hold
 */
struct state {
	uint8_t life;
	uint8_t bond;
	uint8_t wanted;
	bool changing;
	uint8_t parent;
	bool orphan;
	bool open;
	bool started;
	uint8_t holds;
};

enum kind {
	/* by netlink */
	ADD, DELETE, DELETE_NOWAIT, SHOW, CONFIG, QUEUES, COUNTERS, DESCRIBE, SAVE, SET_MAC, SET_QUEUE,
	SUSPEND, RESUME, SUSPEND_TWO,
	GIVE,		/* to vhost_vdpa */
	FREE,		/* of its driver, once nobody has it open */
	FREE_NOW,	/* if nobody uses it */
	LIST,
	/* through the character device */
	OPEN, START, HOLD, RELEASE, RESET, CLOSE,
	/* by sysfs, and by system calls */
	BIND, UNBIND, UNLOAD, LOAD,
	KINDS
};

/* Kinds as a set */
#define IN(kind)	(1u << (kind))

/* What SHOW has shown of it, or LIST */
struct seen {
	bool there;
	uint8_t state;
	uint8_t holds;
};

/* What happens to the answer. */
enum fate { HEARD, LOST };

/**
 * struct op - something that was asked
 * @kind: what
 * @fate: LOST: the socket was closed without waiting
 * @name: about which device
 * @other: SUSPEND_TWO: and which other one
 * @err: errno; 0: done
 * @seen: by name; SHOW: its own alone
 * @asked: when; of the same clock as
 * @answered: when; LOST: never
 */
struct op {
	enum kind kind;
	enum fate fate;
	unsigned int name;
	unsigned int other;
	int err;
	struct seen seen[NAMES];
	uint64_t asked;
	uint64_t answered;
};

extern const char *const kind_names[KINDS];

/* At a moment of a request, so many things can happen. */
enum { BRANCHES = 4 };

/* Everything that was asked in a window, by all threads */
struct window {
	struct op *ops;
	unsigned int n;
};

/* act.c */

/**
 * struct actor - a thread
 * @wire: its socket
 * @rnd: its random numbers
 * @fd: the character device that it has open, or -1
 * @opened: of which device
 * @started: it has set DRIVER_OK there
 * @void_window: something has happened that the rules do not know: it has opened another device than it wanted, or a device
 *	that was open for a second was to be freed
 */
struct actor {
	struct wire wire;
	struct wire_random rnd;
	int fd;
	unsigned int opened;
	bool started;
	bool void_window;
};

void act_open(struct actor *actor, uint64_t seed, uint64_t n);
void act(struct actor *actor, struct op *op);
void act_settle(struct actor *actor);
struct state act_look(struct actor *actor, unsigned int name);
void act_module(const char *path);

/* rules.c */
bool op_is_about(const struct op *op, unsigned int name);
unsigned int rules_moments(const struct op *op);
bool rules_late(const struct op *op, unsigned int moment);
unsigned int rules_next(const struct window *window, const struct op *op, unsigned int name, unsigned int moment,
			struct state state, struct state *next);

/* order.c */

enum order { ORDER_FOUND, ORDER_NONE, ORDER_TOO_LONG };

enum order order_find(const struct window *window, unsigned int name, struct state begin, struct state end);
bool state_same(struct state a, struct state b);

#endif
