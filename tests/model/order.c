// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The search for an order that explains the answers: depth first, over the moments of all requests about one name. A request
 * that was answered before another one was asked comes before it. Where the search was before, with the same moments behind
 * it and in the same state, it does not go again.
 */
#include <stdlib.h>
#include <string.h>

#include "model.h"

enum { POINTS = 64, TABLE = 1 << 18, STEPS = 20000000 };

struct point {
	const struct op *op;
	unsigned int moment;
	uint64_t until;		/* it happens before that */
};

struct search {
	const struct window *window;
	unsigned int name;
	struct state end;
	struct point points[POINTS];
	unsigned int n;
	uint64_t steps;
};

/* What was tried before; of one search as long as its number is there. */
static struct tried {
	uint64_t placed;
	uint32_t state;
	uint32_t search;
} tried[TABLE];
static uint32_t searches;

static uint32_t packed(struct state s)
{
	return s.life | s.bond << 2 | s.parent << 4 | s.orphan << 6 | s.open << 7 | s.started << 8 | s.holds << 9 |
	       s.wanted << 11 | s.changing << 13;
}

bool state_same(struct state a, struct state b)
{
	return packed(a) == packed(b);
}

static bool was_tried(uint64_t placed, struct state state)
{
	uint64_t hash = (placed ^ (uint64_t)packed(state) << 50) * 0x9e3779b97f4a7c15ULL;
	struct tried *at = &tried[hash >> 46];

	if (at->search == searches && at->placed == placed && at->state == packed(state))
		return true;
	*at = (struct tried){ placed, packed(state), searches };
	return false;
}

/* Its own moments before it have been, and so has all that was over when it was asked. */
static bool can_be_next(const struct search *search, unsigned int p, uint64_t placed)
{
	const struct point *point = &search->points[p];

	if (placed >> p & 1 || (point->moment && !(placed >> (p - 1) & 1)))
		return false;
	for (unsigned int q = 0; q < search->n; q++)
		if (!(placed >> q & 1) && search->points[q].until < point->op->asked)
			return false;
	return true;
}

static bool find(struct search *search, uint64_t placed, struct state state)
{
	struct state next[BRANCHES];

	if (placed == (search->n == POINTS ? ~0ULL : (1ULL << search->n) - 1))
		return state_same(state, search->end);
	if (was_tried(placed, state) || ++search->steps > STEPS)
		return false;
	for (unsigned int p = 0; p < search->n; p++) {
		const struct point *point = &search->points[p];
		unsigned int n;

		if (!can_be_next(search, p, placed))
			continue;
		n = rules_next(search->window, point->op, search->name, point->moment, state, next);
		for (unsigned int i = 0; i < n; i++)
			if (find(search, placed | 1ULL << p, next[i]))
				return true;
	}
	return false;
}

/**
 * order_find - look for an order of what was asked about one name
 * @window: what was asked, all of it answered or lost
 * @name: of the device
 * @begin: what was true before
 * @end: what is true now
 *
 * Return: whether there is one; ORDER_TOO_LONG if that would take too long to find out.
 */
enum order order_find(const struct window *window, unsigned int name, struct state begin, struct state end)
{
	struct search search = { .window = window, .name = name, .end = end };

	searches++;
	for (unsigned int i = 0; i < window->n; i++) {
		const struct op *op = &window->ops[i];

		for (unsigned int m = 0; op_is_about(op, name) && m < rules_moments(op); m++) {
			if (search.n == POINTS)
				return ORDER_TOO_LONG;
			search.points[search.n++] = (struct point){
				op, m, rules_late(op, m) ? UINT64_MAX : op->answered,
			};
		}
	}
	if (find(&search, 0, begin))
		return ORDER_FOUND;
	return search.steps > STEPS ? ORDER_TOO_LONG : ORDER_NONE;
}
