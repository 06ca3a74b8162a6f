// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Trails: messages that were sent one after the other and reached what none had reached before. Which of them did is not
 * known, and often it takes several: one makes what another one uses. So they are kept as they were sent, and sent again in
 * the same order, with changes; or one of them by itself.
 */
#include <stdlib.h>

#include "fuzz.h"

enum { TRAILS_MAX = 512 };

static struct piece trails[TRAILS_MAX];
static size_t n_trails;

/* The one that is followed at the moment: what is left of it. */
static struct piece ahead;

static bool has_message(const struct piece *piece)
{
	return piece->len >= NLMSG_HDRLEN + GENL_HDRLEN;
}

/* Takes the first message off. */
static const struct nlmsghdr *take(struct piece *piece)
{
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)piece->bytes;
	size_t len = NLMSG_ALIGN(nlh->nlmsg_len);

	piece->bytes += len;
	piece->len -= len < piece->len ? len : piece->len;
	return nlh;
}

void corpus_keep(const struct piece *trail)
{
	struct piece *slot = &trails[n_trails < TRAILS_MAX ? n_trails++ : below(TRAILS_MAX)];

	if (slot->bytes == ahead.bytes)
		ahead.len = 0;
	keep(slot, trail->bytes, trail->len);
}

size_t corpus_size(void)
{
	return n_trails;
}

static struct piece any_trail(void)
{
	return n_trails ? trails[below(n_trails)] : (struct piece){ };
}

/* A message, or NULL; one that makes what it needs may be missing. */
const struct nlmsghdr *corpus_any(void)
{
	struct piece trail = any_trail();
	const struct nlmsghdr *found = NULL;

	for (unsigned int n = 1; has_message(&trail); n++) {
		const struct nlmsghdr *nlh = take(&trail);

		if (!below(n))
			found = nlh;
	}
	return found;
}

/* From now on corpus_next() has the messages of one trail, from somewhere in it. */
void corpus_follow(void)
{
	unsigned int skip = below(192);

	ahead = any_trail();
	while (skip-- && has_message(&ahead))
		take(&ahead);
}

/* Returns NULL at its end. */
const struct nlmsghdr *corpus_next(void)
{
	return has_message(&ahead) ? take(&ahead) : NULL;
}
