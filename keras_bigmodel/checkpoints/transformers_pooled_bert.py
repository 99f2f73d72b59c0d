"""Defines a BERT whose head uses the mean of the tokens or the first token. Copied into exported folders; run there.

AutoModelForSequenceClassification.from_pretrained(folder, trust_remote_code=True)
"""

import torch
from transformers import BertModel, BertPreTrainedModel
from transformers.modeling_outputs import SequenceClassifierOutput


class PooledBertForSequenceClassification(BertPreTrainedModel):
    """Labels texts by the mean of their tokens (`config.pooling="mean"`) or by the first token (`"cls"`)."""

    def __init__(self, config):
        super().__init__(config)
        self.num_labels = config.num_labels
        self.bert = BertModel(config, add_pooling_layer=False)
        self.dropout = torch.nn.Dropout(config.classifier_dropout or 0.0)
        self.classifier = torch.nn.Linear(config.hidden_size, config.num_labels)
        self.post_init()

    def forward(self, input_ids=None, attention_mask=None, token_type_ids=None, labels=None, **kwargs):
        """Returns the logits, and the loss of `config.problem_type` if labels are given."""
        kwargs.pop("return_dict", None)
        states = self.bert(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids, **kwargs
        ).last_hidden_state
        if self.config.pooling == "cls":
            vector = states[:, 0]
        elif attention_mask is None:
            vector = states.mean(1)
        else:
            weights = attention_mask[..., None].to(states.dtype)
            vector = (states * weights).sum(1) / weights.sum(1).clamp(min=1.0)
        logits = self.classifier(self.dropout(vector))
        loss = None if labels is None else self._loss(logits, labels)
        return SequenceClassifierOutput(loss=loss, logits=logits)

    def _loss(self, logits, labels):
        if self.config.problem_type == "regression":
            return torch.nn.functional.mse_loss(logits.squeeze(-1), labels.to(logits.dtype).reshape(-1))
        if self.config.problem_type == "multi_label_classification":
            return torch.nn.functional.binary_cross_entropy_with_logits(logits, labels.to(logits.dtype))
        return torch.nn.functional.cross_entropy(logits, labels)
