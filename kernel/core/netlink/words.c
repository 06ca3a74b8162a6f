// SPDX-License-Identifier: GPL-2.0-only
/*
 * Feature words in netlink messages: see nl_words.h.
 */
#include <linux/string.h>
#include <net/netlink.h>
#include <uapi/linux/vdpa.h>

#include "netlink/nl_words.h"
#include "words.h"

/* Write all words up to the last non-zero one. Return: 0 or -EMSGSIZE. */
int vdpa_nl_put_words(struct sk_buff *msg, int type, const struct vdpa_words *words)
{
	return nla_put(msg, type, vdpa_words_used(words) * sizeof(words->word[0]), words->word);
}

/* The same, but only if a bit beyond 63 is set. Return: 0 or -EMSGSIZE. */
int vdpa_nl_put_high(struct sk_buff *msg, int type, const struct vdpa_words *words)
{
	return vdpa_words_used(words) > 1 ? vdpa_nl_put_words(msg, type, words) : 0;
}

/**
 * vdpa_nl_read_words - read words with a bit beyond 63
 * @attr: the attribute
 * @words: destination
 * @extack: set on error, with the attribute at fault
 *
 * Return: 0 or -EINVAL.
 */
int vdpa_nl_read_words(const struct nlattr *attr, struct vdpa_words *words,
		       struct netlink_ext_ack *extack)
{
	unsigned int len = nla_len(attr), size = sizeof(words->word[0]);

	*words = (struct vdpa_words){};
	if (len % size || len < 2 * size || len > sizeof(words->word)) {
		NL_SET_ERR_MSG_ATTR_FMT(extack, attr, "2 to %u words of 64 bits, not %u bytes",
					VDPA_WORDS_MAX, len);
		return -EINVAL;
	}
	memcpy(words->word, nla_data(attr), len);
	if (vdpa_words_used(words) == len / size)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr, "the last word has no bit set");
	return -EINVAL;
}
