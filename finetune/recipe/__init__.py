"""How the tiny base is made, from nothing but `finetune.data.drawn` and a seed."""
