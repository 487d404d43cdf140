from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('projects', '0001_initial'),
        ('records', '0004_sessions'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='activity',
            name='activity_owner_period',
        ),
        migrations.AddIndex(
            model_name='activity',
            index=models.Index(fields=['owner', 'period', 'id'], name='activity_owner_period_id'),
        ),
    ]
