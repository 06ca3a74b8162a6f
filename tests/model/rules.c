// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The rules: what may be answered in which state, and what is true after it.
 *
 * A request that changes something has a moment for each step of it that others can see: an addition takes the name and is
 * there later, a deletion begins and ends. Where the kernel may do one thing or another, there are several next states.
 */
#include <errno.h>
#include <string.h>

#include "model.h"

const char *const kind_names[KINDS] = {
	[ADD] = "add", [DELETE] = "delete", [DELETE_NOWAIT] = "delete nowait", [SHOW] = "show", [CONFIG] = "show config",
	[QUEUES] = "show queues", [COUNTERS] = "show counters", [DESCRIBE] = "describe", [SAVE] = "save",
	[SET_MAC] = "set mac", [SET_QUEUE] = "set queue", [SUSPEND] = "suspend", [RESUME] = "resume",
	[SUSPEND_TWO] = "suspend two", [GIVE] = "give to vhost_vdpa", [FREE] = "free", [FREE_NOW] = "free now", [LIST] = "list", [OPEN] = "open", [START] = "start", [HOLD] = "driver suspends",
	[RELEASE] = "driver resumes", [RESET] = "reset", [CLOSE] = "close", [BIND] = "bind", [UNBIND] = "unbind",
	[UNLOAD] = "unload", [LOAD] = "load",
};

/* Those that change what a device is doing */
#define STIRS	(IN(SUSPEND) | IN(RESUME) | IN(SUSPEND_TWO) | IN(OPEN) | IN(START) | IN(HOLD) | IN(RELEASE) | IN(RESET) | \
		 IN(CLOSE))

/* Those by which a device leaves its driver */
#define LEAVES	(IN(DELETE) | IN(DELETE_NOWAIT) | IN(UNBIND) | IN(UNLOAD) | IN(FREE) | IN(FREE_NOW))

/* Those that change which driver a device has */
#define CHANGES	(IN(GIVE) | IN(FREE) | IN(FREE_NOW))

/* Those that are about all names */
#define GLOBAL	(IN(LIST) | IN(UNLOAD) | IN(LOAD))

#define MGMT	VDPA_HOLD_MANAGEMENT
#define DRIVER	VDPA_HOLD_DRIVER

bool op_is_about(const struct op *op, unsigned int name)
{
	return op->name == name || (IN(op->kind) & GLOBAL) || (op->kind == SUSPEND_TWO && op->other == name);
}

/* Whether something of these kinds, about the same name, was under way at the same time. */
static bool contended(const struct window *window, const struct op *op, unsigned int name, unsigned int kinds)
{
	for (unsigned int i = 0; i < window->n; i++) {
		const struct op *other = &window->ops[i];

		if (other != op && (IN(other->kind) & kinds) && op_is_about(other, name) &&
		    other->asked < op->answered && op->asked < other->answered)
			return true;
	}
	return false;
}

/* What a rule looks at */
struct view {
	const struct window *window;
	const struct op *op;
	unsigned int name;
	unsigned int moment;
	struct state s;
	struct state *next;
	unsigned int n;
};

static bool among(const struct view *v, unsigned int kinds)
{
	return contended(v->window, v->op, v->name, kinds);
}

/* The state may be this one next. */
static void may_be(struct view *v, struct state next)
{
	v->next[v->n++] = next;
}

/* Nothing changes. */
static void stays(struct view *v)
{
	may_be(v, v->s);
}

static void stays_if(struct view *v, bool condition)
{
	if (condition)
		stays(v);
}

static bool in_registry(struct state s)
{
	return s.life == PRESENT || s.life == REMOVING;
}

/* Not there, not yet there, or about to be not there any more */
static bool not_found(struct state s)
{
	return s.life != PRESENT;
}

/* It is being given another driver, or that has just come to its end. */
static bool is_changing(const struct view *v)
{
	return v->s.changing || among(v, CHANGES);
}

static struct state gone(struct state s)
{
	return (struct state){ .parent = s.parent };
}

static void add_fails(struct view *v)
{
	bool no_parent = v->s.parent != UP;

	switch (v->op->err) {
	case EEXIST:
		stays_if(v, v->name == TAKEN || v->s.life != ABSENT || among(v, IN(ADD)));
		break;
	case ENODEV:
		stays_if(v, no_parent);
		break;
	}
}

static void add(struct view *v)
{
	struct state s = v->s;
	bool can = s.life == ABSENT && s.parent != DOWN && v->name != TAKEN;

	if (v->op->fate == HEARD && v->op->err) {
		add_fails(v);
		return;
	}
	if (v->op->fate == LOST && (v->moment ? s.life != ADDING : !can || s.parent == GOING))
		stays(v);
	if (v->moment == 0 && can) {
		s.life = ADDING;
		s.bond = BOUND;
		may_be(v, s);
	} else if (v->moment == 1 && s.life == ADDING) {
		s.life = PRESENT;
		may_be(v, s);
	}
}

/* It begins, or is taken over from who does not wait for it any more. */
static void removal_begins(struct view *v)
{
	struct state s = v->s;

	if ((s.life == PRESENT && !s.changing) || (s.life == REMOVING && (s.orphan || among(v, IN(DELETE) | IN(DELETE_NOWAIT))))) {
		s.life = REMOVING;
		s.orphan = false;
		may_be(v, s);
	}
}

/* It is done, by the request or by the parent's going. */
static void removal_ends(struct view *v)
{
	if (v->s.life == REMOVING && !v->s.open)
		may_be(v, gone(v->s));
	if (v->s.life == ABSENT)
		stays_if(v, v->s.parent != UP || among(v, IN(UNLOAD) | IN(DELETE) | IN(DELETE_NOWAIT)));
}

/* It is called off: the device is as before, with its driver unless somebody has unbound that meanwhile. */
static void removal_called_off(struct view *v)
{
	struct state s = v->s;

	stays(v);
	if (s.life != REMOVING || s.open)
		return;
	s.life = PRESENT;
	s.orphan = false;
	s.bond = BOUND;
	may_be(v, s);
	s.bond = UNBOUND;
	may_be(v, s);
}

static void delete_lost(struct view *v)
{
	if (v->moment == 0) {
		stays_if(v, v->s.life != PRESENT || is_changing(v));
		removal_begins(v);
		return;
	}
	removal_called_off(v);
	if (v->s.life == REMOVING && !v->s.open)
		may_be(v, gone(v->s));
}

/* The device is busy: it was seen at once, or after a second in which it was being removed. */
static void delete_busy(struct view *v)
{
	struct state s = v->s;

	switch (v->moment) {
	case 0:
		stays_if(v, s.open || s.life == REMOVING || is_changing(v));
		if (s.life == PRESENT)
			removal_begins(v);
		break;
	case 1:
		s.orphan = s.life == REMOVING;
		may_be(v, s);
		break;
	default:
		removal_called_off(v);
	}
}

static void delete(struct view *v)
{
	if (v->op->fate == LOST) {
		delete_lost(v);
	} else if (v->op->err == 0) {
		if (v->moment == 0)
			removal_begins(v);
		else
			removal_ends(v);
	} else if (v->op->err == ENODEV) {
		stays_if(v, not_found(v->s));
	} else if (v->op->err == EBUSY && v->op->kind == DELETE) {
		stays_if(v, v->s.life == REMOVING || is_changing(v));
	} else if (v->op->err == EBUSY) {
		delete_busy(v);
	}
}

static bool shown_right(const struct view *v)
{
	const struct seen *seen = &v->op->seen[v->name];
	struct state s = v->s;
	bool stirred = among(v, STIRS);

	if ((seen->state == VDPA_DEV_STATE_REMOVING) != (s.life == REMOVING))
		return false;
	if (stirred)
		return true;
	if (seen->holds != s.holds)
		return false;
	if (s.life == REMOVING)
		return true;
	if (!s.started)
		return seen->state == VDPA_DEV_STATE_INACTIVE;
	return seen->state == (s.holds ? VDPA_DEV_STATE_SUSPENDED : VDPA_DEV_STATE_ACTIVE);
}

static void show(struct view *v)
{
	if (v->op->err == 0)
		stays_if(v, in_registry(v->s) && shown_right(v));
	else if (v->op->err == ENODEV)
		stays_if(v, not_found(v->s));
}

static void list(struct view *v)
{
	if (v->op->seen[v->name].there)
		stays_if(v, in_registry(v->s));
	else
		stays_if(v, not_found(v->s));
}

/* What tells something of a device, and is answered the same in all states. */
static void ask_about(struct view *v, int err)
{
	if (v->op->err == err)
		stays_if(v, in_registry(v->s));
	else if (v->op->err == ENODEV)
		stays_if(v, not_found(v->s));
}

static void ask(struct view *v)
{
	ask_about(v, 0);
}

/* Not before features are negotiated, which a start does. */
static void counters(struct view *v)
{
	bool starting = among(v, IN(START));

	if (v->op->err == EAGAIN)
		stays_if(v, in_registry(v->s) && (!v->s.started || starting));
	else if (v->op->err || v->s.started || starting)
		ask_about(v, 0);
}

static void set_mac(struct view *v)
{
	ask_about(v, EOPNOTSUPP);
}

static void save(struct view *v)
{
	switch (v->op->err) {
	case 0:
		stays_if(v, in_registry(v->s) && v->s.holds);
		break;
	case EBUSY:
		stays_if(v, in_registry(v->s) && (!v->s.holds || v->s.life == REMOVING || among(v, STIRS)));
		break;
	case EAGAIN:
		stays_if(v, in_registry(v->s) && among(v, STIRS | IN(DELETE) | IN(DELETE_NOWAIT) | IN(UNLOAD)));
		break;
	case ENODEV:
		stays_if(v, not_found(v->s));
	}
}

static void set_queue(struct view *v)
{
	switch (v->op->err) {
	case 0:
		stays_if(v, v->s.life == PRESENT && (!v->s.started || v->s.holds));
		break;
	case EBUSY:
		stays_if(v, in_registry(v->s) &&
				    (v->s.life == REMOVING || (v->s.started && !v->s.holds) || among(v, STIRS)));
		break;
	case ENODEV:
		stays_if(v, not_found(v->s));
	}
}

static bool can_suspend(struct state s)
{
	return s.life == PRESENT && s.started && !(s.holds & MGMT);
}

static bool can_resume(struct state s)
{
	return s.life == PRESENT && (s.holds & MGMT);
}

static struct state with_holds(struct state s, uint8_t holds)
{
	s.holds = holds;
	return s;
}

/* Nobody knows what came of it, but it was carried out if it could be. */
static void suspend_or_resume_lost(struct view *v, bool can, uint8_t holds)
{
	stays_if(v, !can || among(v, STIRS));
	if (can)
		may_be(v, with_holds(v->s, holds));
}

static void hold_refused(struct view *v, bool already)
{
	struct state s = v->s;

	switch (v->op->err) {
	case EALREADY:
		stays_if(v, s.life == PRESENT && already);
		break;
	case EINVAL:
		stays_if(v, s.life == PRESENT && !s.started);
		break;
	case EBUSY:
		stays_if(v, s.life == REMOVING || (s.life == PRESENT && among(v, STIRS)));
		break;
	case ECANCELED:
		stays_if(v, among(v, IN(OPEN) | IN(RESET) | IN(CLOSE)));
		break;
	case ENODEV:
		stays_if(v, not_found(s));
	}
}

static void suspend(struct view *v)
{
	struct state s = v->s;

	if (v->op->fate == LOST)
		suspend_or_resume_lost(v, can_suspend(s), s.holds | MGMT);
	else if (v->op->err)
		hold_refused(v, s.holds & MGMT);
	else if (can_suspend(s))
		may_be(v, with_holds(s, s.holds | MGMT));
}

static void resume(struct view *v)
{
	struct state s = v->s;

	if (v->op->fate == LOST)
		suspend_or_resume_lost(v, can_resume(s), s.holds & ~MGMT);
	else if (v->op->err)
		hold_refused(v, s.started && !(s.holds & MGMT));
	else if (can_resume(s))
		may_be(v, with_holds(s, s.holds & ~MGMT));
}

/* Both or none. One that was suspended, before the other was refused, is resumed. */
static void suspend_two(struct view *v)
{
	struct state s = v->s;

	if (v->op->err == 0) {
		if (v->moment == 1)
			stays(v);
		else if (can_suspend(s))
			may_be(v, with_holds(s, s.holds | MGMT));
		return;
	}
	stays(v);
	if (v->moment == 0 && can_suspend(s))
		may_be(v, with_holds(s, s.holds | MGMT));
	if (v->moment == 1 && can_resume(s))
		may_be(v, with_holds(s, s.holds & ~MGMT));
}

static void open_device(struct view *v)
{
	struct state s = v->s;

	switch (v->op->err) {
	case 0:
		if (s.life != ABSENT && s.bond != UNBOUND && !s.open) {
			s.open = true;
			s.started = false;
			may_be(v, with_holds(s, 0));
		}
		break;
	case EBUSY:
		/* vhost_vdpa opens a node itself for good when its device leaves it. */
		stays_if(v, s.open || among(v, IN(OPEN) | IN(CLOSE) | LEAVES));
		break;
	case ENOENT:
	case ENXIO:
	case ENODEV:
		stays_if(v, s.life != PRESENT || s.bond != BOUND);
	}
}

/* What is done with an open device does not fail. */
static void use(struct view *v)
{
	struct state s = v->s;

	if (v->op->err || !s.open)
		return;
	switch (v->op->kind) {
	case START:
		s.started = true;
		break;
	case HOLD:
		s.holds |= s.started ? DRIVER : 0;
		break;
	case RELEASE:
		s.holds &= ~DRIVER;
		break;
	default:	/* RESET, CLOSE */
		s.open = v->op->kind == RESET;
		s.started = false;
		s.holds = 0;
	}
	may_be(v, s);
}

/* Not a device that is for no driver, nor one that is being freed. */
static void bind_driver(struct view *v)
{
	struct state s = v->s;
	bool giving = s.changing && among(v, IN(GIVE));

	if (v->op->err) {
		stays_if(v, s.life != PRESENT || s.bond != UNBOUND || s.wanted == NONE || is_changing(v));
	} else if (!giving && (s.changing || s.wanted == NONE)) {
		return;
	} else if (s.life == ADDING && s.bond == BOUND) {
		stays(v);	/* it was quicker than the addition, which does the same */
	} else if ((s.life == ADDING || s.life == PRESENT) && s.bond == UNBOUND) {
		s.bond = BOUND;
		may_be(v, s);
	}
}

static void unbind_driver(struct view *v)
{
	struct state s = v->s;

	if (v->op->err) {
		stays_if(v, s.life != PRESENT || s.bond != BOUND);
	} else if (v->moment == 0) {
		stays_if(v, s.life == REMOVING || is_changing(v));
		if (s.life != ABSENT && s.bond == BOUND) {
			s.bond = UNBINDING;
			may_be(v, s);
		}
	} else if (s.bond != UNBINDING) {
		stays(v);
	} else if (!s.open) {
		s.bond = UNBOUND;
		may_be(v, s);
	}
}

static bool driver_refused(const struct view *v)
{
	struct state s = v->s;

	switch (v->op->err) {
	case EBUSY:
		return s.life == REMOVING || is_changing(v) || (s.holds & MGMT) || among(v, STIRS) ||
		       (v->op->kind == FREE_NOW && s.open);
	case ENODEV:
		return not_found(s) || among(v, IN(UNBIND) | IN(UNLOAD));
	}
	return false;
}

static void change_begins(struct view *v)
{
	struct state s = v->s;

	if (s.life != PRESENT || s.changing)
		return;
	s.changing = true;
	if (s.bond == BOUND)
		s.bond = UNBINDING;
	may_be(v, s);
}

/* What the device has already it keeps, even if it is about to lose it. */
static void give(struct view *v)
{
	struct state s = v->s;

	if (v->op->err) {
		stays_if(v, driver_refused(v));
	} else if (v->moment == 0) {
		if (s.bond == UNBOUND) {
			change_begins(v);
		} else if (in_registry(s)) {
			s.wanted = VHOST;
			may_be(v, s);
		}
	} else {
		stays_if(v, !s.changing || among(v, CHANGES));
		if (s.life == PRESENT && s.changing && s.bond != UNBINDING) {
			s.changing = false;
			s.bond = BOUND;
			s.wanted = VHOST;
			may_be(v, s);
		}
	}
}

/* Of its driver, which lets go when its file is closed. */
static void free_device(struct view *v)
{
	struct state s = v->s;

	if (v->op->err) {
		stays_if(v, driver_refused(v));
	} else if (v->moment == 0) {
		if (!(s.holds & MGMT) || among(v, STIRS))
			change_begins(v);
	} else if (s.life == PRESENT && s.changing && !s.open && s.bond != BOUND) {
		s.changing = false;
		s.bond = UNBOUND;
		s.wanted = NONE;
		may_be(v, s);
	}
}

/* The parent goes: its devices with it, once nobody has them open. */
static void unload(struct view *v)
{
	struct state s = v->s;

	if (v->op->err) {
		stays_if(v, v->op->err == ENOENT && s.parent == DOWN);
		return;
	}
	switch (v->moment) {
	case 0:
		if (s.parent == UP) {
			s.parent = GOING;
			may_be(v, s);
		}
		break;
	case 1:
		if (s.life == PRESENT)
			s.life = REMOVING;
		s.orphan = s.changing = false;
		if (s.life != ADDING)
			may_be(v, s);
		break;
	case 2:
		if (s.life != ADDING && s.life != PRESENT && !s.open)
			may_be(v, gone(s));
		break;
	default:
		if (s.life == ABSENT) {
			s.parent = DOWN;
			may_be(v, s);
		}
	}
}

static void load(struct view *v)
{
	struct state s = v->s;

	if (v->op->err) {
		stays_if(v, v->op->err == EEXIST && s.parent == UP);
	} else if (s.parent == DOWN) {
		s.parent = UP;
		may_be(v, s);
	}
}

static const struct rule {
	void (*apply)(struct view *v);
	unsigned int moments;	/* where it is done */
} rules[KINDS] = {
	[ADD] = { add, 2 },		[DELETE] = { delete, 2 },	[DELETE_NOWAIT] = { delete, 2 },
	[SHOW] = { show, 1 },		[CONFIG] = { ask, 1 },		[QUEUES] = { ask, 1 },
	[COUNTERS] = { counters, 1 },	[DESCRIBE] = { ask, 1 },	[SAVE] = { save, 1 },
	[SET_MAC] = { set_mac, 1 },	[SET_QUEUE] = { set_queue, 1 },	[SUSPEND] = { suspend, 1 },
	[RESUME] = { resume, 1 },	[SUSPEND_TWO] = { suspend_two, 2 },
	[GIVE] = { give, 2 },		[FREE] = { free_device, 2 },	[FREE_NOW] = { free_device, 2 },
	[LIST] = { list, 1 },		[OPEN] = { open_device, 1 },	[START] = { use, 1 },
	[HOLD] = { use, 1 },		[RELEASE] = { use, 1 },		[RESET] = { use, 1 },
	[CLOSE] = { use, 1 },		[BIND] = { bind_driver, 1 },	[UNBIND] = { unbind_driver, 2 },
	[UNLOAD] = { unload, 4 },	[LOAD] = { load, 1 },
};

unsigned int rules_moments(const struct op *op)
{
	if (op->kind == DELETE_NOWAIT && op->err == EBUSY)
		return 3;
	if (op->err && op->fate == HEARD && op->kind != SUSPEND_TWO)
		return 1;
	return rules[op->kind].moments;
}

/* Whether this moment may come after the answer. */
bool rules_late(const struct op *op, unsigned int moment)
{
	return op->kind == DELETE_NOWAIT && op->err == EBUSY && moment == 2;
}

/**
 * rules_next - what may be true next
 * @window: all that was asked at about the same time
 * @op: what is asked
 * @name: of the device
 * @moment: which one of the request's
 * @state: before
 * @next: set to the states that are possible after it, up to BRANCHES of them
 *
 * Return: how many there are; 0: it cannot be answered so in that state.
 */
unsigned int rules_next(const struct window *window, const struct op *op, unsigned int name, unsigned int moment,
			struct state state, struct state *next)
{
	struct view v = { .window = window, .op = op, .name = name, .moment = moment, .s = state, .next = next };

	rules[op->kind].apply(&v);
	return v.n;
}
