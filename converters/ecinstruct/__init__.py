r"""ECInstruct (NingLab/ECInstruct, CC BY 4.0): its tasks, its labels, and the forms its rows are rewritten to.

One row, as the authors' dataset holds it (here with a text of this project's own):

    {"instruction": "Which relation holds between the two products? Answer from the options.",
     "input": "{\"Product 1:\": \"Steel kettle, 1.5 l\", \"Product 2:\": \"Tea strainer\"}",
     "options": "[\"A: Users who buy product 1 may also buy product 2.\", \"B: ...\", \"C: ...\"]",
     "output": "A", "task": "Product_Relation_Prediction", "split": "train", "setting": "IND_Diverse_Instruction"}
"""
