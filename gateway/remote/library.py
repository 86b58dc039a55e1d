"""What a vendor may have no place for at all."""

from collections.abc import Mapping

from schemas.operations import Op

LIBRARY = frozenset(
    {
        *(Op.CREATE_EVALUATOR, Op.LIST_EVALUATORS, Op.GET_EVALUATOR, Op.UPDATE_EVALUATOR, Op.DELETE_EVALUATOR, Op.RUN_EVALUATOR),
        *(Op.CREATE_PROMPT, Op.LIST_PROMPTS, Op.GET_PROMPT, Op.DELETE_PROMPT),
        *(Op.PUT_DOCUMENT, Op.LIST_DOCUMENTS, Op.GET_DOCUMENT, Op.UPDATE_DOCUMENT, Op.DELETE_DOCUMENT),
        *(Op.CURRENT_PROJECT, Op.DESCRIBE),
    }
)
"""These operations are answered from our own store, kept apart for each target, where the vendor has no route for them."""

KEPT: Mapping[Op, Op] = {Op.UPDATE_EXPERIMENT: Op.GET_EXPERIMENT}
"""Changes of a record that the gateway keeps beside it where the vendor cannot change it, with the operation that reads it."""

ORDERS = frozenset({Op.START_EXPERIMENT, Op.CANCEL_EXPERIMENT})
"""Operations that the gateway's own executor carries out where the vendor only stores."""
